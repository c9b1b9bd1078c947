package import Time

/// Everything that decides when a load's requests start, relative to the load's start. W workers split one stream by
/// index: worker k takes the arrivals with n mod W == k, so together they are exactly that stream.
package struct Schedule: Hashable, Sendable {
    package let shape: LoadShape
    package let process: ArrivalProcess
    package let pacing: Pacing
    package let workers: Int

    package init(shape: LoadShape, process: ArrivalProcess, pacing: Pacing, workers: Int) {
        precondition(workers > 0, "a schedule is carried by at least one worker")
        self.shape = shape
        self.process = process
        self.pacing = pacing
        self.workers = workers
    }

    package func cursor(worker: Int) -> ArrivalCursor { ArrivalCursor(self, worker: worker) }
}

/// One worker's place in the stream: the next arrival that it has neither sent nor dropped.
package struct ArrivalCursor: Sendable {
    package let schedule: Schedule
    package let worker: Int
    /// The arrival's number in the whole load's stream.
    package private(set) var index: UInt64
    /// When it is to start, since the load's start.
    package private(set) var intendedStart: Nanoseconds
    private var mark: UInt128

    init(_ schedule: Schedule, worker: Int) {
        precondition((0..<schedule.workers).contains(worker), "no such worker in this schedule")
        self.schedule = schedule
        self.worker = worker
        index = UInt64(worker)
        mark = schedule.process.mark(
            after: schedule.process.firstMark, from: 0, to: UInt64(worker))
        intendedStart = .zero
        intendedStart = start(of: mark)
    }

    package mutating func advance() {
        let next = index + UInt64(schedule.workers)
        mark = schedule.process.mark(after: mark, from: index, to: next)
        index = next
        intendedStart = start(of: mark)
    }

    private func start(of mark: UInt128) -> Nanoseconds {
        schedule.pacing.roundUp(
            schedule.shape.time(ofIntegral: mark), worker: worker, of: schedule.workers)
    }
}

/// Requests per length of time, as an exact fraction: `0.01/s` is 1 per 100 s, never a rounded double.
package struct Rate: Hashable, Sendable {
    /// Requests in `period` nanoseconds; both positive and without a common divisor.
    package let requests: UInt64
    package let period: UInt64

    /// - Returns: nil unless both are positive.
    package init?(requests: UInt64, per period: Nanoseconds) {
        guard requests > 0, period.count > 0 else { return nil }
        let nanoseconds = UInt64(period.count)
        let divisor = Self.greatestCommonDivisor(requests, nanoseconds)
        self.requests = requests / divisor
        self.period = nanoseconds / divisor
    }

    package var perSecond: Double { Double(requests) / (Double(period) / 1e9) }

    private static func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}

extension Rate: Comparable {
    package static func < (a: Rate, b: Rate) -> Bool {
        let left = a.requests.multipliedFullWidth(by: b.period)
        let right = b.requests.multipliedFullWidth(by: a.period)
        return (left.high, left.low) < (right.high, right.low)
    }
}
