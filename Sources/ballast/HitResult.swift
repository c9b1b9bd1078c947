import Measure
import Time

/// All that a run of `hit` has shown, as plain values: summary and JSON are functions of it.
struct HitResult {
    struct Plan: Equatable {
        var url = ""
        var method = "GET"
        /// `50/s`, or nil for a closed loop.
        var rate: String?
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

    var plan = Plan()
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
