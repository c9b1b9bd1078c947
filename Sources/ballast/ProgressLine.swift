import Time

/// What the progress line shows at one moment.
struct ProgressReading {
    var target = ""
    var isWaiting = false
    var elapsed = Nanoseconds.zero
    /// How long it will go on; nil is until the requests are used up, or for ever.
    var length: Nanoseconds?
    var requestsMax: UInt64?
    var intended: UInt64 = 0
    /// Requests per second, intended (nil in a closed loop) and sent.
    var intendedRate: Double?
    var rate = 0.0
    var p50: Nanoseconds?
    var p99: Nanoseconds?
    /// Requests that ended, how many of them failed, and how many were dropped instead of sent.
    var completed: UInt64 = 0
    var failed: UInt64 = 0
    var dropped: UInt64 = 0
    var inFlight: Int64 = 0
    /// The 99 % quantile of each of the last seconds, oldest first.
    var slowest: [Nanoseconds?] = []

    /// From 0 to 1; nil when there is no end in sight.
    var progress: Double? {
        let byTime = length.map { elapsed.seconds / $0.seconds }
        let byCount = requestsMax.map { Double(intended) / Double($0) }
        return [byTime, byCount].compactMap(\.self).max().map { min(1, $0) }
    }
}

/// The progress line: a pure function of a reading. Parts that do not fit the width are left out,
/// the least important first.
enum ProgressLine {
    static func text(_ reading: ProgressReading, _ style: Style) -> String {
        if reading.isWaiting {
            return style.paint("waiting for \(reading.target)\(style.ellipsis)", .yellow)
        }
        var parts = parts(reading, style)
        let separator = 2
        func width() -> Int {
            parts.reduce(0) { $0 + $1.plain.count + separator } - separator
        }
        while width() >= style.columns, parts.count > 1,
            let least = parts.indices.min(by: { parts[$0].weight < parts[$1].weight })
        {
            parts.remove(at: least)
        }
        return parts.map { part in
            part.color.map { style.paint(part.plain, $0) } ?? part.plain
        }.joined(separator: String(repeating: " ", count: separator))
    }

    private struct Part {
        var plain: String
        var color: Style.Color?
        /// What is lightest goes first when there is not enough room.
        var weight: Int
    }

    private static func parts(_ reading: ProgressReading, _ style: Style) -> [Part] {
        let elapsed = Nanoseconds.seconds(reading.elapsed.count / 1_000_000_000)
        let end = reading.length.map { " / \($0)" } ?? ""
        var parts = [Part(plain: "\(elapsed)".right(3) + end, color: .bold, weight: 9)]
        if let progress = reading.progress {
            parts.append(Part(plain: bar(progress, style), color: .cyan, weight: 1))
        }
        let asked = reading.intendedRate.map { Numbers.real($0) }
        let rate = Numbers.real(reading.rate).right(asked?.count ?? 0)
        parts.append(Part(plain: rate + (asked.map { " of \($0)" } ?? "") + "/s", weight: 8))
        let p50 = reading.p50.map { "\($0)" } ?? "-"
        let p99 = reading.p99.map { "\($0)" } ?? "-"
        parts.append(Part(plain: "p50 " + p50.left(6), weight: 5))
        parts.append(Part(plain: "p99 " + p99.left(6), weight: 6))
        if !reading.slowest.isEmpty {
            parts.append(Part(plain: row(reading.slowest, style), color: .cyan, weight: 2))
        }
        parts.append(bad("failed", reading.failed, of: reading, weight: 7))
        parts.append(bad("dropped", reading.dropped, of: reading, weight: 4))
        parts.append(Part(plain: "in flight \(Numbers.count(reading.inFlight))", weight: 3))
        return parts
    }

    /// A count that ought to be 0, else with its share of what was intended and is decided.
    private static func bad(
        _ name: String, _ count: UInt64, of reading: ProgressReading, weight: Int
    ) -> Part {
        guard count > 0 else { return Part(plain: "\(name) 0", weight: weight) }
        let share = Numbers.share(count, of: reading.completed + reading.dropped)
        return Part(
            plain: "\(name) \(Numbers.count(count)) (\(share))", color: .red, weight: 7)
    }

    private static func bar(_ progress: Double, _ style: Style) -> String {
        let width = 20
        let done = Int((progress * Double(width)).rounded(.down))
        let (full, empty) = style.hasUnicode ? ("━", "─") : ("=", "-")
        return String(repeating: full, count: done) + String(repeating: empty, count: width - done)
    }

    /// Bars between the smallest and the greatest value on a logarithmic scale.
    private static func row(_ values: [Nanoseconds?], _ style: Style) -> String {
        let steps = Array(style.hasUnicode ? "▁▂▃▄▅▆▇█" : "_.-=+*%#")
        let known = values.compactMap { $0.map { $0.count } }.filter { $0 > 0 }
        guard let least = known.min(), let most = known.max() else { return "" }
        // Doublings between them, at least two, so that noise does not look like a mountain.
        let span = max(2, log2(most) - log2(least))
        return String(
            values.map { value -> Character in
                guard let value, value.count > 0 else { return " " }
                let height = (log2(value.count) - log2(least)) / span
                return steps[min(steps.count - 1, Int(height * Double(steps.count)))]
            })
    }

    /// The binary logarithm, exact at powers of two and straight between them: a bar needs no more.
    private static func log2(_ value: Int64) -> Double {
        let value = Double(value)
        return Double(value.exponent) + value.significand - 1
    }
}
