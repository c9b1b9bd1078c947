package import Time

/// What the kernel lets this process have of the CPU, and how often it was held back. Every file is
/// opened once; a reading is a handful of `pread` calls.
package final class CGroup {
    package struct Throttling: Hashable, Sendable {
        /// Scheduling periods in which the group wanted to run.
        package var periods: UInt64
        /// Those in which it used up its quota and had to wait.
        package var throttledPeriods: UInt64
        /// How long it waited, summed over its cores.
        package var throttled: Nanoseconds

        package init(periods: UInt64, throttledPeriods: UInt64, throttled: Nanoseconds) {
            self.periods = periods
            self.throttledPeriods = throttledPeriods
            self.throttled = throttled
        }
    }

    private final class Group {
        let version: CGroupMount.Version
        /// v2: `cpu.max`; v1: `cpu.cfs_quota_us`.
        let quota: KeptFile?
        /// v1: `cpu.cfs_period_us`.
        let period: KeptFile?
        let statistics: KeptFile?

        init(_ directory: String, _ version: CGroupMount.Version) {
            self.version = version
            let quotaName = version == .v2 ? "cpu.max" : "cpu.cfs_quota_us"
            quota = KeptFile("\(directory)/\(quotaName)")
            period = version == .v2 ? nil : KeptFile("\(directory)/cpu.cfs_period_us")
            statistics = KeptFile("\(directory)/cpu.stat")
        }

        /// Quota divided by period; nil without a limit (`max` in v2, -1 in v1).
        var cores: Double? {
            guard var words = quota?.read()?.lines.first?.words else { return nil }
            if let period = period?.read()?.lines.first?.words { words += period }
            guard words.count >= 2, let quota = Double(words[0]), let period = Double(words[1]),
                quota > 0, period > 0
            else { return nil }
            return quota / period
        }

        var throttling: Throttling? {
            guard let text = statistics?.read(), let periods = text.number(after: "nr_periods "),
                let throttledPeriods = text.number(after: "nr_throttled ")
            else { return nil }
            // v2 counts microseconds, v1 nanoseconds.
            let microseconds = text.number(after: "throttled_usec ").map { $0 &* 1_000 }
            let waited = microseconds ?? text.number(after: "throttled_time ") ?? 0
            return Throttling(
                periods: periods, throttledPeriods: throttledPeriods,
                throttled: Nanoseconds(Int64(clamping: waited)))
        }
    }

    /// The process's own group first, then its ancestors as far as they can be seen.
    private let groups: [Group]

    /// - Parameter root: a folder that holds `proc` and the mounts named there; `""` is the machine
    ///   itself.
    /// - Returns: nil on a machine without a CPU controller.
    package init?(root: String = "") {
        guard let mount = CGroupMount(root: root) else { return nil }
        groups = mount.chain.map { Group($0, mount.version) }
    }

    /// The tightest limit of the group and its ancestors, in cores; nil without one.
    package func cpuLimit() -> Double? { groups.compactMap(\.cores).min() }

    /// The counts of the group whose limit is the tightest, else of the process's own; nil where
    /// the kernel keeps none (the root group).
    package func throttling() -> Throttling? {
        let limited = groups.compactMap { group in group.cores.map { (group, $0) } }
        let tightest = limited.min { $0.1 < $1.1 }?.0
        return (tightest ?? groups.first)?.throttling
    }
}
