import Reactor
import Time
import Transport

/// What a worker stands on: a clock, a place to sleep, its mail, and what its transports have ended. The real one is an
/// event loop; tests hold time in their hands.
protocol WorkerGround: AnyObject {
    func now() -> Instant

    /// Whether commands wait. Looked at after the clock and before anything starts: see `Mailbox.announce`.
    var hasMail: Bool { get }
    func takeMail() -> [WorkerCommand]

    /// Sleeps until something is ready or the deadline has come, and handles one batch of events; mail is one.
    func turn(until deadline: Instant, afterEach: @escaping (Instant) -> Void)

    /// How long the worker has slept in all, what it overslept left out.
    var slept: Nanoseconds { get }

    /// Ended requests that nobody has taken yet.
    var completions: ExchangeQueue { get }

    /// Of what all transports share.
    var nextDeadline: Instant { get }
    func expire(now: Instant)
}

/// A worker's thread: its event loop, mailbox and clock.
final class LoopGround: WorkerGround, EventHandler {
    let context: TransportContext
    private let loop: EventLoop
    private let mailbox: Mailbox<WorkerCommand>

    init(_ context: TransportContext, _ mailbox: Mailbox<WorkerCommand>) throws(SystemError) {
        self.context = context
        self.mailbox = mailbox
        loop = context.loop
        let owner = loop.attach(self)
        try loop.register(mailbox.descriptor, .input, owner: owner, key: EventKey(index: 0))
    }

    func now() -> Instant { Clock.now() }

    var hasMail: Bool { mailbox.hasMail }

    func takeMail() -> [WorkerCommand] { mailbox.drain() }

    /// The bell has done its work when the turn is over.
    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {}

    func turn(until deadline: Instant, afterEach: @escaping (Instant) -> Void) {
        loop.turn(until: deadline, afterEach: afterEach)
    }

    var slept: Nanoseconds { loop.slept }

    var completions: ExchangeQueue { context.completions }

    var nextDeadline: Instant { context.nextDeadline }

    func expire(now: Instant) { context.expire(now: now) }
}
