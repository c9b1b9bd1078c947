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

    /// Moves to the first arrival of this worker that starts after `time`. O(1) for a uniform process; a Poisson
    /// process has to add up its gaps.
    mutating func skip(through time: Nanoseconds) {
        guard intendedStart <= time else { return }
        if schedule.process == .uniform {
            guard let due = schedule.pacing.roundDown(time, worker: worker, of: schedule.workers)
            else { return }
            let workers = UInt64(schedule.workers)
            let all = UInt64((schedule.shape.integral(at: due) + (1 << 31)) >> 32)
            let mine = all > UInt64(worker) ? (all - UInt64(worker) + workers - 1) / workers : 0
            let next = UInt64(worker) + mine * workers
            guard next > index else { return }
            mark = schedule.process.mark(after: mark, from: index, to: next)
            index = next
            intendedStart = start(of: mark)
        } else {
            while intendedStart <= time { advance() }
        }
    }

    /// How many of this worker's arrivals lie before the cursor.
    var passed: UInt64 { (index - UInt64(worker)) / UInt64(schedule.workers) }
}

/// Counts the arrivals intended so far from the integral alone, so that the count is right even while a worker hangs.
package struct IntendedCounter: Sendable {
    private var shares: [ArrivalCursor]

    package init(_ schedule: Schedule) {
        shares = (0..<schedule.workers).map { schedule.cursor(worker: $0) }
    }

    /// - Parameter time: since the load's start; never less than in an earlier call.
    package mutating func count(through time: Nanoseconds) -> UInt64 {
        var total: UInt64 = 0
        for index in shares.indices {
            shares[index].skip(through: time)
            total += shares[index].passed
        }
        return total
    }
}
