import Time

/// Folds a line that comes again and again: written once, then counted, and told with its count
/// when another line comes or a minute is over.
struct LogFolding: Sendable {
    static let window = Nanoseconds.seconds(60)

    private var last: (line: LogLine, since: Instant)?
    private var repeats = 0

    init() {}

    /// - Returns: the lines to write now, oldest first.
    mutating func take(_ line: LogLine, now: Instant) -> [LogLine] {
        if let last, last.line == line, now - last.since < Self.window {
            repeats += 1
            return []
        }
        let held = flush()
        last = (line, now)
        return held + [line]
    }

    /// What is still held back.
    mutating func flush() -> [LogLine] {
        defer { (last, repeats) = (nil, 0) }
        guard var line = last?.line, repeats > 0 else { return [] }
        line.fields.append(("repeated", "\(repeats)"))
        return [line]
    }
}
