import Time

extension ScalarKind where Value == PacingSetting {
    static var pacing: ScalarKind {
        ScalarKind(parsing: { (text: String) throws(InvalidValue) -> PacingSetting in
            let words = text.split(separator: " ")
            switch (words.first, words.count) {
            case ("auto", 1): return .automatic
            case ("precise", 1): return .precise
            case ("grid", 2):
                let plain = YAMLNode.Scalar(text: String(words[1]), isQuoted: false)
                let step = ScalarKind<Nanoseconds>.duration(Ranges.grid)
                return .grid(try step.read(plain))
            case ("grid", 1):
                throw InvalidValue("`grid` needs its step", hint: "for example `grid 500us`")
            default:
                throw InvalidValue(
                    "\(quoted(text)) is not one of auto, precise, grid <duration>",
                    hint: closest(to: text, among: ["auto", "precise"]).map {
                        "did you mean `\($0)`?"
                    })
            }
        })
    }
}

extension ScalarKind where Value == Nanoseconds {
    /// Seconds as Prometheus writes them (`0.3`), or a duration (`300ms`).
    static var bucket: ScalarKind {
        ScalarKind(parsing: { (text: String) throws(InvalidValue) -> Nanoseconds in
            var duration = text
            if let (_, rest) = DecimalNumber.prefix(of: text[...]), rest.isEmpty { duration += "s" }
            let value: Nanoseconds
            do {
                value = try DurationText.parse(duration)
            } catch {
                throw InvalidValue(
                    "\(quoted(text)) is not a bound", hint: "examples: 0.3 (seconds), 300ms")
            }
            guard Ranges.bucket.contains(value) else {
                let least = DurationText.exact(Ranges.bucket.lowerBound)
                let most = DurationText.exact(Ranges.bucket.upperBound)
                throw InvalidValue("\(quoted(text)) is outside \(least) to \(most)")
            }
            return value
        })
    }
}
