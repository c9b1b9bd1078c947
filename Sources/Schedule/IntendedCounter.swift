package import Time

/// Counts the arrivals intended so far from the integral alone, so that the count is right even while a worker hangs.
///
/// An arrival is intended when its start, rounded up to its worker's grid, has come; that is when its exact time has
/// come by the worker's last place on the grid. So each worker has a limit in the integral's own time, and an arrival
/// is judged by one comparison, whatever the grid:
///
///          settled: below every limit     judged one by one       not yet due
///     ───────────────────────────────┼──────────┼──────────┼──────────────────────▶ integral
///                                    limits of the workers
package struct IntendedCounter: Sendable {
    private let schedule: Schedule
    /// How many arrivals are intended for good: their gaps, added up once for all workers, are never needed again.
    /// Only a Poisson process has to add up.
    package private(set) var settled: UInt64 = 0
    /// The integral at which the first arrival after them is due.
    private var mark: UInt128

    package init(_ schedule: Schedule) {
        self.schedule = schedule
        mark = schedule.process.firstMark
    }

    /// - Parameter time: since the load's start; never less than in an earlier call.
    package mutating func count(through time: Nanoseconds) -> UInt64 {
        let limits = (0..<schedule.workers).map { limit(ofWorker: $0, at: time) }
        switch schedule.process {
        case .uniform: return evenCount(limits)
        case .poisson: return sumOfGaps(limits)
        }
    }

    /// What the mark of an arrival of this worker must be below.
    private func limit(ofWorker worker: Int, at time: Nanoseconds) -> UInt128 {
        let last = schedule.pacing.roundDown(time, worker: worker, of: schedule.workers)
        return last.map { schedule.shape.integral(at: $0) + 1 } ?? 0
    }

    /// Mark n is n + 1/2: how many of them lie below each limit follows without a look at any.
    private func evenCount(_ limits: [UInt128]) -> UInt64 {
        let workers = UInt64(schedule.workers)
        var count: UInt64 = 0
        for (worker, limit) in limits.enumerated() {
            let all = UInt64((limit + (1 << 31 - 1)) >> 32)
            let before = UInt64(worker)
            count += all > before ? (all - before + workers - 1) / workers : 0
        }
        return count
    }

    private mutating func sumOfGaps(_ limits: [UInt128]) -> UInt64 {
        let workers = UInt64(schedule.workers)
        let lowest = limits.reduce(.max) { min($0, $1) }
        let highest = limits.reduce(0) { max($0, $1) }
        while mark < lowest {
            mark = schedule.process.mark(after: mark, from: settled, to: settled + 1)
            settled += 1
        }
        var (count, next, nextMark) = (settled, settled, mark)
        while nextMark < highest {
            if nextMark < limits[Int(next % workers)] { count += 1 }
            nextMark = schedule.process.mark(after: nextMark, from: next, to: next + 1)
            next += 1
        }
        return count
    }
}
