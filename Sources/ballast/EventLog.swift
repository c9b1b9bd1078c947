import Engine
import Logging

/// Writes the generator's events as log lines.
struct EventLog {
    private let log: Logger

    init(_ log: Logger) { self.log = log }

    func write(_ event: GeneratorEvent) {
        let (level, message, fields) = Self.words(event)
        log.log(level: level, "\(message)", metadata: Logger.Metadata(uniqueKeysWithValues: fields))
    }

    private typealias Fields = [(String, Logger.MetadataValue)]

    private static func words(_ event: GeneratorEvent) -> (Logger.Level, String, Fields) {
        switch event {
        case .waiting(let load, let target, let reason):
            return (
                .info, "waiting for the target",
                [("load", "\(load)"), ("target", "\(target)"), ("reason", "\(reason)")]
            )
        case .running(let load, let target, let after):
            return (
                .info, "running",
                [("load", "\(load)"), ("target", "\(target)"), ("after", "\(after)")]
            )
        case .runningUnconfirmed(let load, let target, let reason):
            return (
                .warning, "running, though the target accepted no connection",
                [("load", "\(load)"), ("target", "\(target)"), ("reason", "\(reason)")]
            )
        case .failure(let load, let outcome, let text):
            return (
                .warning, "requests fail",
                [("load", "\(load)"), ("outcome", "\(outcome)"), ("reason", "\(text)")]
            )
        case .addresses(let load, let host, let addresses):
            let list = addresses.joined(separator: ",")
            return (
                .info, "addresses",
                [("load", "\(load)"), ("host", "\(host)"), ("addresses", "\(list)")]
            )
        case .lookupFailed(let load, let host, let reason):
            return (
                .warning, "look-up failed",
                [("load", "\(load)"), ("host", "\(host)"), ("reason", "\(reason)")]
            )
        case .requestRenewed(let load):
            return (
                .info, "request renewed: a file that it refers to has changed",
                [("load", "\(load)")]
            )
        case .secretUnusable(let load, let reason):
            return (
                .warning, "a request cannot be renewed; the last good one goes on",
                [("load", "\(load)"), ("reason", "\(reason)")]
            )
        case .secretReadable(let load):
            return (
                .info, "the request can be renewed again, and is the same", [("load", "\(load)")]
            )
        case .degraded(let reasons):
            return (
                .warning, "degraded: our own numbers are suspect",
                [("reason", "\(reasons.joined(separator: "; "))")]
            )
        case .recovered: return (.info, "no longer degraded", [])
        case .stopping: return (.info, "stopping: nothing more is intended", [])
        case .drained(let canceled): return (.info, "drained", [("canceled", "\(canceled)")])
        }
    }
}
