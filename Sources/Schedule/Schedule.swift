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
