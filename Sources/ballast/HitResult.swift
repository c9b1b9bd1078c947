import Config
import Measure
import Time

/// All that a run of `hit` has shown, as plain values: summary and JSON are functions of it.
struct HitResult {
    struct Plan: Equatable {
        var url = ""
        var method = "GET"
        /// `50/s`, or nil for a closed loop.
        var rate: String?
        var perSecond: Double?
        var arrivals = "uniform"
        /// Of Poisson arrivals.
        var seed: UInt64?
        var pacing = "precise"
        /// `direct` or `curl`, and the reason for it.
        var transport = "direct"
        var transportReason = ""
        var workers = 1
        var connections = 0
        var timeout = Nanoseconds.zero
    }

    struct NamedCount: Equatable {
        var name: String
        var count: UInt64
        /// Of a failure: what the last one said.
        var lastError: String?
    }

    /// A part of requests, as far as it was measured.
    struct Phase: Equatable {
        /// `dns`, `connect`, `tls`, `wait` or `transfer`.
        var name: String
        var count: UInt64
        var mean: Nanoseconds?
    }

    var plan = Plan()
    /// Seconds since 1970.
    var startedAt: Double?
    /// Why nothing was sent; nil when something was.
    var error: String?
    /// The length of the schedule, or of what was run of it.
    var elapsed = Nanoseconds.zero
    /// Whether a signal ended it.
    var isInterrupted = false
    var intended: UInt64 = 0
    var sent: UInt64 = 0
    var completed: UInt64 = 0
    /// Every reason; most are 0.
    var dropped: [NamedCount] = []
    /// Every outcome; most are 0.
    var outcomes: [NamedCount] = []
    /// Ascending; 0 stands for all codes that were not told apart.
    var statuses: [(code: UInt16, count: UInt64)] = []
    var response = FineSnapshot()
    var service = FineSnapshot()
    var startDelay = FineSnapshot()
    /// In the order of a request; those that it can have.
    var phases: [Phase] = []
    /// Response times of all sent requests in classic buckets, exact at every bound.
    var responseBuckets = HistogramSnapshot(empty: Bounds([]))
    var sentBytes: UInt64 = 0
    var receivedBytes: UInt64 = 0
    var connectsOK: UInt64 = 0
    var connectsFailed: UInt64 = 0
    /// Why the numbers are suspect; empty when they are not.
    var degraded: [String] = []
    var thresholds: [Threshold] = []

    var isClosedLoop: Bool { plan.rate == nil }
    var droppedTotal: UInt64 { dropped.reduce(0) { $0 + $1.count } }
    var okCount: UInt64 { outcomes.first { $0.name == "ok" }?.count ?? 0 }
    /// Sent and not ok, or never sent.
    var failedTotal: UInt64 { completed - min(completed, okCount) + droppedTotal }
    /// Whether every intended request was served.
    var isAllOK: Bool { okCount == intended }
    /// Of intended, like the two below: what was dropped was not served.
    var okShare: Double? { share(okCount) }
    var failedShare: Double? { share(failedTotal) }
    var droppedShare: Double? { share(droppedTotal) }

    private func share(_ count: UInt64) -> Double? {
        intended > 0 ? Double(count) / Double(intended) : nil
    }

    var completedPerSecond: Double? {
        elapsed > .zero ? Double(completed) / elapsed.seconds : nil
    }

    /// What the process leaves with.
    var exitCode: Int32 {
        if okCount == 0 { return ExitStatus.failed }
        return thresholds.allSatisfy { $0.holds(in: self) }
            ? ExitStatus.fine : ExitStatus.threshold
    }
}

/// What to do about a run that did not go as it was asked for: pure functions of the result.
enum HitAdvice {
    /// Why requests were dropped, and the flag that helps.
    static func onDrops(_ result: HitResult) -> [String] {
        guard let worst = result.dropped.max(by: { $0.count < $1.count }), worst.count > 0 else {
            return []
        }
        switch worst.name {
        case "connections": return [onConnections(result)]
        case "connect_rate":
            return [
                "no more than 200 TLS handshakes a second are begun: fewer `--connections`, or a "
                    + "target that keeps them open"
            ]
        case "late": return ["this machine did not keep up: a lower `--rate`, or more cores"]
        default: return []
        }
    }

    /// By Little's law: as many connections are busy as requests start while one is answered.
    private static func onConnections(_ result: HitResult) -> String {
        let count = result.plan.connections
        let busy = count == 1 ? "the one connection busy" : "all \(count) connections busy"
        guard let perSecond = result.plan.perSecond, let mean = result.service.mean else {
            return busy
        }
        let timeouts = result.outcomes.first { $0.name == "timeout" }?.count ?? 0
        if timeouts * 2 > result.completed {
            return "\(busy): the target does not answer within \(result.plan.timeout), and more "
                + "connections would only add timeouts"
        }
        let needed = Int((perSecond * mean.seconds).rounded(.up))
        guard needed > result.plan.connections else {
            let isStall =
                result.service.quantile(0.99).map { $0.seconds > 4 * mean.seconds } ?? false
            return isStall
                ? "\(busy) for a while, though on average \(needed) were enough: the target stalled"
                : "\(busy) at times, for nothing here is quite even: more `--connections`"
        }
        let proposed = (needed + 9) / 10 * 10
        let need = "\(busy); \(Numbers.real(perSecond))/s × \(mean) needs \(needed)"
        return Ranges.connections.contains(proposed)
            ? "\(need): `--connections \(proposed)`"
            : "\(need), more than a load may have: a lower `--rate`"
    }

    /// What a kind of failure asks for.
    static func onFailure(_ outcome: String, _ error: String) -> String? {
        let error = error.lowercased()
        switch outcome {
        case "tls" where error.contains("certificate") || error.contains("issuer"):
            return "`--insecure` accepts any certificate"
        case "tls" where error.contains("wrong version number"):
            return "this port speaks plain HTTP: `http://`"
        case "body_limit":
            return "`hit` takes answers of up to 1MiB; `limits.body` of a file, with `run`, more"
        default: return nil
        }
    }

    /// What the codes of failed answers ask for.
    static func onStatuses(_ result: HitResult) -> String? {
        let redirects = result.statuses.filter { (301...308).contains($0.code) }
        let isMost = redirects.reduce(0) { $0 + $1.count } * 2 > result.completed
        let failed = result.outcomes.first { $0.name == "status" }?.count ?? 0
        return isMost && failed > 0
            ? "redirects are not followed: hit the address that `Location` names" : nil
    }
}
