import Measure
import Reactor
import Time
import Transport

/// What the main thread tells a worker. Loads are numbered as in the configuration.
enum WorkerCommand: Sendable {
    case peers(load: Int, [SocketAddress])
    case begin(load: Int, at: Instant, stop: Instant)
    case request(load: Int, RenderedRequest)
    /// Nothing is intended after this instant. Announced: no worker has started anything beyond it.
    case stop(at: Instant)
    /// After a stop: starts nothing more, and ends what is in flight.
    case cancel
    case exit
}

/// One thread that carries loads: its own loop, connections and clock readings, sharing nothing but its cells.
///
/// A turn: read the clock -> look at the mail -> start what is due -> sleep to the next arrival or deadline -> handle
/// events -> take in what ended.
final class Worker<Ground: WorkerGround> {
    private let ground: Ground
    private let cell: WorkerCell
    private let runners: [LoadRunner?]
    private let active: [LoadRunner]
    private let onDrained: () -> Void
    private var meter: BusyMeter
    private var saysDrained = false
    private(set) var exits = false

    /// - Parameters:
    ///   - runners: by the load's number; nil where another worker carries it.
    ///   - onDrained: called once, when all loads have stopped and nothing is in flight.
    init(
        ground: Ground, cell: WorkerCell, runners: [LoadRunner?], onDrained: @escaping () -> Void
    ) {
        self.ground = ground
        self.cell = cell
        self.runners = runners
        active = runners.compactMap(\.self)
        self.onDrained = onDrained
        meter = BusyMeter(start: ground.now(), slept: ground.slept)
    }

    func run() {
        let takeIn: (Instant) -> Void = { self.takeIn($0) }
        while true {
            let wake = work(takeIn)
            if exits { return }
            ground.turn(until: wake, afterEach: takeIn)
            rested()
        }
    }

    /// All of a turn but its sleep.
    /// - Parameter takeIn: `self.takeIn`, made once.
    /// - Returns: when the worker has to be awake again.
    func work(_ takeIn: @escaping (Instant) -> Void) -> Instant {
        let now = ground.now()
        cell.awakeBy.set(now.nanoseconds)
        meter.look(at: now, slept: ground.slept)
        cell.saturated.set(meter.saturated.count)
        let started = startDue(now, mayOpen: false)
        receiveLate(now)
        if started == .wantsConnection {
            // Answers that nobody has read yet may free it.
            ground.turn(until: .atOnce, afterEach: takeIn)
            takeInEnded()
            startDue(ground.now(), mayOpen: true)
        }
        let latest = expire()
        // Before the sleep: after the last timeout nothing else would wake this thread.
        announceDrained()
        let wake = nextDeadline(after: latest)
        cell.awakeBy.set(max(wake, latest).nanoseconds)
        return wake
    }

    /// After each event: takes in what ended, and lets what waited for it start at once.
    func takeIn(_ now: Instant) {
        if !ground.completions.isEmpty { takeInEnded(startingAt: now) }
    }

    /// After the sleep and its events.
    func rested() {
        takeInEnded()
        for runner in active { runner.publishConnections() }
    }

    // MARK: The parts of a turn

    /// Starts what is due by a reading of the clock. The mail is looked at after that reading, so that nothing starts
    /// beyond an announced stop.
    @discardableResult
    private func startDue(_ now: Instant, mayOpen: Bool) -> LoadRunner.Starting {
        if ground.hasMail { readMail() }
        var all = LoadRunner.Starting.done
        for runner in active where runner.wake <= now {
            let one = startDue(runner, now, mayOpen: mayOpen || runner.inFlight == 0)
            if one != .done { all = one }
        }
        return all
    }

    private func startDue(
        _ runner: LoadRunner, _ now: Instant, mayOpen: Bool
    ) -> LoadRunner.Starting {
        runner.startDue(now: now, mayOpen: mayOpen, saturatedUntil: meter.saturatedUntil)
    }

    /// Reads the answers that were left in the kernel, of requests that started before `now`.
    private func receiveLate(_ now: Instant) {
        for runner in active { runner.transport.receiveLate(startedBefore: now) }
        takeInEnded()
    }

    /// - Parameter now: lets what waits for an ended request start at once; nil leaves it to the next turn.
    private func takeInEnded(startingAt now: Instant? = nil) {
        if now != nil, ground.hasMail { readMail() }
        ground.completions.drain { completion in
            guard let runner = runners[Int(completion.load)] else { return }
            runner.ended(completion)
            if let now, runner.wake <= now { _ = startDue(runner, now, mayOpen: true) }
        }
    }

    /// - Returns: its reading of the clock.
    private func expire() -> Instant {
        let now = ground.now()
        if ground.nextDeadline <= now { ground.expire(now: now) }
        for runner in active where runner.transport.nextDeadline <= now {
            runner.transport.expire(now: now)
        }
        takeInEnded()
        return now
    }

    /// When this thread has to be awake again.
    private func nextDeadline(after now: Instant) -> Instant {
        var next = ground.nextDeadline
        for runner in active {
            runner.boundLateReceive(now)
            next = min(next, min(runner.wake, runner.transport.nextDeadline))
        }
        return next
    }

    private func readMail() {
        for command in ground.takeMail() {
            switch command {
            case .peers(let load, let peers): runners[load]?.transport.setPeers(peers)
            case .begin(let load, let at, let stop): runners[load]?.begin(at: at, stop: stop)
            case .request(let load, let request): runners[load]?.transport.setRequest(request)
            case .stop(let at): for runner in active { runner.stop(at: at) }
            case .cancel: cancel()
            case .exit: exits = true
            }
        }
    }

    private func cancel() {
        let now = ground.now()
        for runner in active { runner.cancel(now: now) }
        takeInEnded()
    }

    private func announceDrained() {
        guard !saysDrained, active.allSatisfy(\.isDrained) else { return }
        saysDrained = true
        onDrained()
    }
}
