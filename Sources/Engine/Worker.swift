import Reactor
import Time
import Transport

/// What the main thread tells a worker. Loads are numbered as in the configuration.
enum WorkerCommand: Sendable {
    case peers(load: Int, [SocketAddress])
    case begin(load: Int, at: Instant, stop: Instant)
    case request(load: Int, HTTPRequest)
    case stop(load: Int, at: Instant)
    /// Ends what is in flight.
    case cancel
    case exit
}

/// One thread that carries loads: its own loop, connections and clock readings, sharing nothing but its cells.
///
/// A turn: start what is due -> sleep to the next arrival or deadline -> handle events -> take in what ended ->
/// read the mailbox.
final class Worker: EventHandler {
    private let loop: EventLoop
    private let context: TransportContext
    private let mailbox: Mailbox<WorkerCommand>
    private let runners: [LoadRunner?]
    private let active: [LoadRunner]
    private let onDrained: () -> Void
    private var hasMail = false
    private var saysDrained = false
    private var exits = false
    private let receivesLate: Bool

    /// The longest that answers may wait in the kernel while the thread sleeps to the next arrival.
    private static let lateReceiveMax = Nanoseconds.milliseconds(1)

    /// - Parameters:
    ///   - runners: by the load's number; nil where another worker carries it.
    ///   - onDrained: called once, when all loads have stopped and nothing is in flight.
    init(
        context: TransportContext, mailbox: Mailbox<WorkerCommand>, runners: [LoadRunner?],
        receivesLate: Bool, onDrained: @escaping () -> Void
    ) throws(SystemError) {
        self.context = context
        loop = context.loop
        self.mailbox = mailbox
        self.runners = runners
        active = runners.compactMap(\.self)
        self.receivesLate = receivesLate
        self.onDrained = onDrained
        let owner = loop.attach(self)
        try loop.register(mailbox.descriptor, .input, owner: owner, key: EventKey(index: 0))
    }

    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) { hasMail = true }

    func run() {
        Clock.sharpenTimers()
        let takeIn: (Instant) -> Void = { now in
            if !self.context.completions.isEmpty { self.takeInEnded(startingAt: now) }
        }
        while !exits {
            startDueCollecting(takeIn)
            expire()
            // Before the wait: after the last timeout nothing else would wake this thread.
            announceDrained()
            let deadline = nextDeadline()
            if let arrival = lateReceiveArrival() {
                loop.sleep(until: arrival)
                startDueCollecting(takeIn)
                loop.turn(until: .distantPast, afterEach: takeIn)
            } else {
                loop.turn(until: deadline, afterEach: takeIn)
            }
            takeInEnded()
            if hasMail { readMail() }
            for runner in active { runner.publishConnections() }
        }
    }

    // MARK: The parts of a turn

    /// Starts what is due. Sends first if enough connections are idle; else collects answers before it opens new ones.
    private func startDueCollecting(_ takeIn: @escaping (Instant) -> Void) {
        if startDue(Clock.now(), mayOpen: false) { return }
        loop.turn(until: .distantPast, afterEach: takeIn)
        takeInEnded()
        startDue(Clock.now(), mayOpen: true)
    }

    @discardableResult
    private func startDue(_ now: Instant, mayOpen: Bool) -> Bool {
        var isDone = true
        for runner in active where runner.wake <= now {
            let mayOpen = mayOpen || runner.inFlight == 0
            if !runner.startDue(now: now, mayOpen: mayOpen) { isDone = false }
        }
        return isDone
    }

    /// - Parameter now: lets what waits for an ended request start at once; nil leaves it to the next turn.
    private func takeInEnded(startingAt now: Instant? = nil) {
        context.completions.drain { completion in
            guard let runner = runners[Int(completion.load)] else { return }
            runner.ended(completion)
            if let now, runner.wake <= now { _ = runner.startDue(now: now, mayOpen: true) }
        }
    }

    private func expire() {
        let now = Clock.now()
        if context.nextDeadline <= now { context.expire(now: now) }
        for runner in active where runner.transport.nextDeadline <= now {
            runner.transport.expire(now: now)
        }
        takeInEnded()
    }

    private func nextDeadline() -> Instant {
        active.reduce(context.nextDeadline) {
            min($0, $1.wake, $1.transport.nextDeadline)
        }
    }

    /// The next arrival, if the thread may sleep to it and collect answers only then.
    private func lateReceiveArrival() -> Instant? {
        guard receivesLate else { return nil }
        var next = Instant.distantFuture
        var inFlight = 0
        for runner in active {
            guard runner.toleratesLateReceive else { return nil }
            next = min(next, runner.wake)
            inFlight += runner.inFlight
        }
        guard inFlight > 0, next < nextDeadline() + .nanoseconds(1) else { return nil }
        let now = Clock.now()
        return next > now && next - now <= Self.lateReceiveMax ? next : nil
    }

    private func readMail() {
        hasMail = false
        for command in mailbox.drain() {
            switch command {
            case .peers(let load, let peers): runners[load]?.transport.setPeers(peers)
            case .begin(let load, let at, let stop): runners[load]?.begin(at: at, stop: stop)
            case .request(let load, let request): runners[load]?.transport.setRequest(request)
            case .stop(let load, let at): runners[load]?.stop(at: at, now: Clock.now())
            case .cancel:
                let now = Clock.now()
                for runner in active { runner.cancelAll(now: now) }
                takeInEnded()
            case .exit: exits = true
            }
        }
    }

    private func announceDrained() {
        guard !saysDrained, active.allSatisfy(\.isDrained) else { return }
        saysDrained = true
        onDrained()
    }
}
