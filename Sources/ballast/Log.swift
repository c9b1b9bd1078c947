import Logging
import Reactor
import Synchronization
import System

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
