import Reactor
import Time
import Transport

@testable import Engine

/// A worker's ground in virtual time.
final class SimulatedGround: WorkerGround {
    let completions = ExchangeQueue()
    var target: SimulatedTarget?
    private(set) var slept = Nanoseconds.zero
    private var mail: [WorkerCommand] = []
    /// How many steps a worker has taken: each is a place where another thread may come in between.
    private(set) var steps = 0
    /// What another thread does before a step.
    var onStep: (SimulatedGround) -> Void = { _ in }
    /// What each step takes.
    var stepTime = Nanoseconds.zero
    var time: Instant

    init(time: Instant) { self.time = time }

    func send(_ command: WorkerCommand) { mail.append(command) }

    private func step() {
        time = time + stepTime
        onStep(self)
        steps += 1
    }

    func now() -> Instant {
        step()
        return time
    }

    var hasMail: Bool {
        step()
        return !mail.isEmpty
    }

    func takeMail() -> [WorkerCommand] {
        step()
        defer { mail = [] }
        return mail
    }

    /// What the next sleep ends with, at the latest: an answer, or mail.
    var nextEvent: Instant { mail.isEmpty ? target?.nextEnd ?? .distantFuture : time }

    /// Only to collect what is there: the simulation sleeps for its workers.
    func turn(until deadline: Instant, afterEach: @escaping (Instant) -> Void) {
        step()
        target?.deliver(by: time, afterEach: afterEach)
    }

    /// - Parameters:
    ///   - wake: when the thread is to be awake.
    ///   - now: when it is.
    func sleep(until wake: Instant, now: Instant) {
        slept = slept + max(.zero, min(wake, now) - time)
        time = max(time, now)
        step()
    }

    var nextDeadline = Instant.distantFuture
    /// When it was told to do what was due.
    private(set) var expiries: [Instant] = []

    func expire(now: Instant) {
        expiries.append(now)
        nextDeadline = .distantFuture
    }
}
