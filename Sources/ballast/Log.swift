import JSON
import Logging
import Reactor
import Synchronization
import System
import Time

/// swift-log's way to standard error: one `write` per line, in logfmt or JSON.
struct LineLogHandler: LogHandler {
    /// Lines come from the main thread; the lock is there because a logger may be shared.
    private final class Sink: Sendable {
        let format: LogLine.Format
        let folding = Mutex(LogFolding())
        /// Lines that nobody has read, since the last one that somebody did.
        private let lost = Mutex(0)

        init(_ format: LogLine.Format) { self.format = format }

        func write(_ lines: [LogLine]) {
            let wall = Clock.wall()
            for line in lines {
                let isRead = StandardStream.error.offer(line.text(format, wall: wall))
                let count = lost.withLock { lost in
                    defer { lost = isRead ? 0 : lost + 1 }
                    return isRead ? lost : 0
                }
                if count > 0 {
                    let notice = LogLine(
                        level: "warn", message: "lines before this one were lost: nobody read them",
                        fields: [("lost", "\(count)")])
                    _ = StandardStream.error.offer(notice.text(format, wall: wall))
                }
            }
        }
    }

    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level
    private let sink: Sink

    init(level: Logger.Level, format: LogLine.Format) {
        logLevel = level
        sink = Sink(format)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let line = LogLine(
            level: Self.name(event.level), message: "\(event.message)",
            fields: Self.ordered(all).map { ($0.key, "\($0.value)") })
        sink.write(sink.folding.withLock { $0.take(line, now: Clock.now()) })
    }

    /// Writes what folding still holds back; the last call before leaving.
    func flush() { sink.write(sink.folding.withLock { $0.flush() }) }

    static func name(_ level: Logger.Level) -> String {
        switch level {
        case .warning: "warn"
        case .notice: "info"
        case .critical: "error"
        default: level.rawValue
        }
    }

    /// The load first, for it is what one looks for; then by name.
    private static func ordered(
        _ metadata: Logger.Metadata
    ) -> [(key: String, value: Logger.Metadata.Value)] {
        metadata.sorted { a, b in
            (a.key == "load" ? 0 : 1, a.key) < (b.key == "load" ? 0 : 1, b.key)
        }
    }
}

/// The flags that say how to log.
enum LogLevelText: String, CaseIterable {
    case debug, info, warn, error

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warn: .warning
        case .error: .error
        }
    }
}

/// What one line of the log says.
struct LogLine: Equatable, Sendable {
    enum Format: String, Sendable, CaseIterable { case logfmt, json }

    var level: String
    var message: String
    /// In the order in which they are written.
    var fields: [(name: String, value: String)]

    static func == (a: LogLine, b: LogLine) -> Bool {
        a.level == b.level && a.message == b.message
            && a.fields.elementsEqual(b.fields) { $0 == $1 }
    }

    /// The line with its end.
    /// - Parameter wall: nanoseconds since 1970.
    func text(_ format: Format, wall: Int64) -> String {
        let time = Timestamp.text(wall)
        switch format {
        case .logfmt:
            let pairs = [("ts", time), ("level", level)] + fields.map { ($0.name, $0.value) }
            var words = pairs.map { "\($0.0)=\(Self.logfmt($0.1))" }
            words.insert("msg=\(Self.quoted(message))", at: 2)
            return words.joined(separator: " ") + "\n"
        case .json:
            var json = JSONWriter()
            json.object {
                $0.field("ts", time)
                $0.field("level", level)
                $0.field("msg", message)
                for field in fields { $0.field(field.name, field.value) }
            }
            return json.text + "\n"
        }
    }

    /// Bare where nothing in the value could be mistaken, else in quotes.
    private static func logfmt(_ value: String) -> String {
        let isPlain =
            !value.isEmpty
            && value.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0 != "\\" && $0.value != 0x7F
            }
        return isPlain ? value : quoted(value)
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    out += scalar.escaped(asASCII: true)
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out + "\""
    }
}

/// RFC 3339 in UTC with milliseconds: `2026-03-01T09:30:00.250Z`.
enum Timestamp {
    /// - Parameter wall: nanoseconds since 1970, not negative.
    static func text(_ wall: Int64) -> String {
        let milliseconds = 1_000 + wall / 1_000_000 % 1_000
        return UTC.text(wall, format: "%Y-%m-%dT%H:%M:%S.") + "\(milliseconds)".dropFirst() + "Z"
    }
}

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
