import Engine
import Logging
import Measure
import Reactor
import Time
import Transport

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

/// A log line a minute for each running load, so that a container's log tells how it goes.
final class MinuteLog {
    static let interval = Nanoseconds.seconds(60)

    private struct Counts {
        var sent: UInt64 = 0
        var ok: UInt64 = 0
        var ended: UInt64 = 0
        var dropped: UInt64 = 0

        init() {}

        init(_ load: LoadReport) {
            sent = load.sent
            ok = load.count(.ok)
            ended = load.completed
            dropped = load.droppedTotal
        }
    }

    private let report: Report
    private let log: Logger
    private let loop: EventLoop
    private var earlier: [Counts]

    init(_ report: Report, _ log: Logger, on loop: EventLoop) {
        self.report = report
        self.log = log
        self.loop = loop
        earlier = report.loads.map { _ in Counts() }
        schedule()
    }

    private func schedule() {
        loop.schedule(at: Clock.now() + Self.interval) { [weak self] _ in
            self?.write()
            self?.schedule()
        }
    }

    func write() {
        report.refresh()
        for (index, load) in report.loads.enumerated() {
            let (before, now) = (earlier[index], Counts(load))
            earlier[index] = now
            guard load.state == .running else { continue }
            let all = report.quantiles(ofLoad: index)
            let recent = report.recentQuantiles(ofLoad: index, all).response.minute
            let decided = now.ended + now.dropped - before.ended - before.dropped
            func time(_ rank: Double) -> Logger.MetadataValue {
                "\(recent.quantile(rank, greatest: all.response.greatest).map { "\($0)" } ?? "-")"
            }
            log.info(
                "the last minute",
                metadata: [
                    "load": "\(load.name)", "sent": "\(now.sent - before.sent)",
                    "ok": "\(Numbers.share(now.ok - before.ok, of: decided))",
                    "dropped": "\(now.dropped - before.dropped)", "p50": time(0.5),
                    "p99": time(0.99),
                ])
        }
    }
}
