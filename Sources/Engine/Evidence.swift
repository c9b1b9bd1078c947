import System
import Time

/// What speaks against the generator's own numbers, counted since its start. Two readings give a verdict: a pure
/// function, and the one place where its thresholds stand.
struct Evidence {
    struct Worker: Equatable {
        /// How long it could not keep up (`BusyMeter`).
        var saturated = Nanoseconds.zero
        /// How long it wanted to run and had no core.
        var waited = Nanoseconds.zero
        /// How long its present turn has lasted, or it has overslept, by now.
        var overdue = Nanoseconds.zero
    }

    var arrivals: UInt64 = 0
    var noticedLate: UInt64 = 0
    var stalls: UInt64 = 0
    var local: UInt64 = 0
    var droppedLate: UInt64 = 0
    var throttled = Nanoseconds.zero
    var workers: [Worker] = []
    var steal = StealStatistics.Reading()

    /// The share of arrivals above which late ones are a reason.
    private static let noticedLateMax = 0.01
    /// So many late arrivals at a low rate are still the machine's usual pauses.
    private static let noticedLateFree: UInt64 = 2
    /// Over less time one usual pause would be a large share.
    private static let noticedLateOver = Nanoseconds.seconds(5)
    /// The longest times in a window of ten seconds that are no reason yet.
    private static let throttledMax = Nanoseconds.milliseconds(100)
    private static let saturatedMax = Nanoseconds.milliseconds(500)
    private static let waitedMax = Nanoseconds.milliseconds(100)
    /// The share of the machine's time that a hypervisor may keep.
    private static let stealMax = 0.05

    /// - Parameter length: how long ago `old` was read.
    /// - Returns: why the numbers of that time are suspect and what to do, a line each; empty when they are not.
    func reasons(since old: Evidence, _ length: Nanoseconds) -> [String] {
        lateness(since: old, length) + starvation(since: old, length)
    }

    private func lateness(since old: Evidence, _ length: Nanoseconds) -> [String] {
        var reasons: [String] = []
        let late = noticedLate - old.noticedLate
        let arrivals = max(1, arrivals - old.arrivals)
        let missing = max(1, Self.noticedLateOver.seconds / length.seconds)
        if late > Self.noticedLateFree,
            Double(late) > Self.noticedLateMax * Double(arrivals) * missing
        {
            reasons.append(
                "\(late) of \(arrivals) arrivals were noticed more than "
                    + "\(LoadRunner.noticeMax) late: give Ballast a CPU request")
        }
        let stalls = stalls - old.stalls
        if stalls > 0 {
            reasons.append(
                "arrivals were noticed more than \(LoadRunner.stallMin) late "
                    + (stalls == 1 ? "once" : "\(stalls) times")
                    + ": this machine or container stood still")
        }
        let drops = droppedLate - old.droppedLate
        if drops > 0 {
            reasons.append("\(drops) arrivals were dropped because we could not keep up")
        }
        let local = local - old.local
        if local > 0 {
            reasons.append(
                "\(local) requests failed for want of our own resources: "
                    + "the last failures name them")
        }
        return reasons
    }

    private func starvation(since old: Evidence, _ length: Nanoseconds) -> [String] {
        var reasons: [String] = []
        for (number, worker) in workers.enumerated() {
            if worker.overdue > LoadRunner.stallMin {
                reasons.append(
                    "worker-\(number) has not looked at its loads for \(worker.overdue): "
                        + "it hangs, or has no core")
            }
            let before = number < old.workers.count ? old.workers[number] : Worker()
            let saturated = worker.saturated - before.saturated
            if saturated > Self.saturatedMax {
                reasons.append(
                    "worker-\(number) had no time to sleep in \(saturated) of the last \(length): "
                        + "raise `workers`, give them cores, or lower the rate")
            }
            let waited = worker.waited - before.waited
            if waited > Self.waitedMax {
                reasons.append(
                    "worker-\(number) waited for a core for \(waited) of the last \(length): "
                        + "others use them; give Ballast a CPU request")
            }
        }
        let throttled = throttled - old.throttled
        if throttled > Self.throttledMax {
            reasons.append(
                "the CPU limit stopped us for \(throttled) of the last \(length): remove the limit")
        }
        if let share = steal.share(since: old.steal), share > Self.stealMax {
            reasons.append(
                "the hypervisor kept \(Int((share * 100).rounded())) % of this machine's time "
                    + "from it: move it to another host")
        }
        return reasons
    }
}
