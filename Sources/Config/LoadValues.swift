import Schedule
import Time

// Values of a load's keys that are more than a number or a word.

extension ScalarKind where Value == RateSetting {
    static var streamRate: ScalarKind {
        ScalarKind<Rate>.rate.or(
            "max", .max, else: RateSetting.open,
            unwrap: { if case .open(let rate) = $0 { rate } else { nil } })
    }
}

extension ScalarKind where Value == TransportSetting {
    static var transport: ScalarKind {
        .choice(["auto": .automatic, "direct": .direct, "curl": .curl])
    }
}

extension ScalarKind where Value == HTTPVersion {
    static var httpVersion: ScalarKind {
        .choice(["1.1": .http1, "2": .http2, "auto": .automatic], isText: true)
    }
}

extension ScalarKind where Value == Arrivals {
    static var arrivals: ScalarKind { .choice(["uniform": .uniform, "poisson": .poisson]) }
}

extension ScalarKind where Value == PacingSetting {
    static var pacing: ScalarKind {
        ScalarKind(
            "`auto`, `precise`, `grid <duration>`",
            parsing: { (text: String) throws(InvalidValue) -> PacingSetting in
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
            },
            writing: { pacing in
                switch pacing {
                case .automatic: "auto"
                case .precise: "precise"
                case .grid(let step): "grid \(DurationText.exact(step))"
                }
            })
    }
}

extension ScalarKind where Value == Nanoseconds {
    /// A bound of a histogram: a duration as everywhere, `300ms`.
    static var bucket: ScalarKind { .duration(Ranges.bucket) }
}

extension ConfigurationReader {
    /// A URL in which `${env:NAME}` stands for the variable's value, now and for good.
    func target(_ field: Field) -> Target? {
        guard let text = diagnostics.read(field, .text()) else { return nil }
        do throws(InvalidValue) {
            let template = try TemplateText.parse(text).template
            if let unread = context.unread { template.unnamed.forEach(unread) }
            return try Target.parse(try filled(template))
        } catch {
            diagnostics.report(
                at: field.node.start, "target: \(error.message)", hint: error.hint)
            return nil
        }
    }

    private func filled(_ template: Template) throws(InvalidValue) -> String {
        var url = ""
        for part in template.parts {
            switch part {
            case .text(let text): url += text
            case .file:
                throw InvalidValue(
                    "a file cannot stand for a part of the target",
                    hint: "put it into a variable and use `${env:NAME}`")
            case .environment where context.unread != nil:
                // What is written around it has to fit all the same.
                url += url.isEmpty ? "https://unknown" : url.hasSuffix(":") ? "443" : "unknown"
            case .environment(let name):
                guard let value = context.environment(name) else {
                    throw InvalidValue(
                        "the environment variable `\(name)` is not set", hint: "set it")
                }
                url += value
            }
        }
        return url
    }

    /// `uniform`, `poisson`, or as it was written before loads had a `seed`: `{poisson: {seed: 7}}`.
    func arrivals(_ field: Field, _ load: inout LoadSettings) {
        guard case .mapping = field.node.content else {
            load.arrivals = diagnostics.read(field, .arrivals) ?? .uniform
            return
        }
        guard var process = MappingReader(field, diagnostics) else { return }
        defer { process.finish() }
        guard let poisson = process.required("poisson", example: "arrivals: {poisson: {seed: 7}}"),
            var options = MappingReader(poisson, diagnostics)
        else { return }
        load.arrivals = .poisson
        load.seed = options.field("seed").flatMap { diagnostics.read($0, .integer(Ranges.seed)) }
        options.finish()
    }

    func unixPath(_ field: Field) -> String? {
        guard let path = path(field) else { return nil }
        guard path.utf8.count <= Ranges.unixPathBytesMax else {
            diagnostics.report(
                at: field.node.start,
                "unix: \(quoted(path)) is longer than \(Ranges.unixPathBytesMax) bytes",
                hint: "the kernel takes no longer path for a socket")
            return nil
        }
        return path
    }

    func statuses(_ field: Field) -> StatusSet {
        guard case .sequence = field.node.content else {
            return diagnostics.read(field, .status).map { StatusSet([$0]) } ?? .success
        }
        let items = diagnostics.items(of: field) ?? []
        if items.isEmpty {
            diagnostics.report(
                at: field.node.start, "status: an empty list would make every answer fail",
                hint: "examples: 200-299, [200, 204]")
        }
        return .joining(items.compactMap { diagnostics.read($0, .status) })
    }

    func buckets(_ field: Field) -> [Nanoseconds] {
        let items = diagnostics.items(of: field) ?? []
        guard items.count <= Ranges.bucketCountMax else {
            diagnostics.report(
                at: field.position,
                "buckets: \(items.count) bounds, but only \(Ranges.bucketCountMax) fit",
                hint:
                    "a histogram has 63, and \(63 - Ranges.bucketCountMax) of them are the default"
                    + " ones"
            )
            return []
        }
        var bounds: [Nanoseconds] = []
        for item in items {
            guard let bound = diagnostics.read(item, .bucket) else { continue }
            if bounds.contains(bound) {
                diagnostics.report(
                    at: item.position, "\(item.name): this bound is in the list already", hint: nil)
            }
            bounds.append(bound)
        }
        return bounds
    }
}
