package import Config
import Measure
package import Reactor
import System
package import Time
import Transport

/// Everything that makes load: the workers, and on the main thread's loop what steers them. Configuration goes in,
/// `report` comes out.
///
///     init -> start -> (each load: waiting -> running) -> stop -> drained -> join
package final class Generator {
    package struct Options {
        package var userAgent = "ballast"
        package var context = ConfigurationContext.system
        /// How long each load runs from its own start; nil is endless.
        package var duration: Nanoseconds?
        /// How many requests each load intends in all; nil is endless.
        package var requestsMax: UInt64?
        /// How long requests in flight may take after the end; nil takes `server.drain`.
        package var drain: Nanoseconds?
        /// Whether answers may wait in the kernel until the next arrival.
        package var receivesLate = true
        /// The root of /proc and /sys.
        package var root = ""

        package init() {}
    }

    /// Why a generator cannot be made: one line that names the load.
    package struct SetupError: Error, CustomStringConvertible {
        package let description: String
    }

    package let configuration: Configuration
    package let plan: GeneratorPlan
    let options: Options
    let loop: EventLoop
    let controls: [LoadControl]
    private(set) var renderers: [RequestRenderer] = []
    private(set) var requests: [RenderedRequest] = []
    let renewals: [RequestRenewals]
    private(set) var crew: WorkerCrew?
    /// Hears what is worth a line in the log.
    package var onEvent: (GeneratorEvent) -> Void = { _ in }
    /// Called once, after the last request has ended.
    package var onDrained: () -> Void = {}
    package let health: Health
    package let startTime = Clock.now()

    package private(set) var isStopping = false
    package private(set) var isDrained = false
    private var directory: AddressDirectory?
    private var secrets: SecretWatch?
    private var upkeep: Upkeep?
    private var failureLog = FailureLog()

    package init(
        _ configuration: Configuration, options: Options = Options(), loop: EventLoop
    ) throws(SetupError) {
        self.configuration = configuration
        self.options = options
        self.loop = loop
        plan = GeneratorPlan(configuration, cores: Cores.available)
        health = Health(root: options.root)
        renewals = configuration.loads.map { _ in RequestRenewals() }
        controls = plan.loads.enumerated().map { index, plan in
            LoadControl(index: index, plan: plan, options: options, loop: loop)
        }
        for load in configuration.loads {
            let renderer = RequestRenderer(
                settings: load, userAgent: options.userAgent, context: options.context)
            renderers.append(renderer)
            do {
                requests.append(try renderer.render())
            } catch {
                throw SetupError(description: "load \(load.name): \(error.reason)")
            }
        }
    }

    // MARK: Start

    /// Starts the workers; each load begins when its target accepts a connection, or its `startup` is over.
    package func start() throws(SystemError) {
        crew = try WorkerCrew(self, loop: loop) { [unowned self] in finishedDraining() }
        for control in controls {
            control.gate.onTry = { [unowned self, unowned control] in
                gateTried(control, $0, $1)
            }
            let target = control.plan.settings.target.authority
            onEvent(.waiting(load: control.name, target: target, reason: "first connection"))
            if case .addresses(let peers) = control.endpoint { setPeers(peers, of: control) }
            loop.schedule(at: Clock.now() + control.plan.settings.startup) { [unowned self] _ in
                if control.state == .waiting { begin(control, confirmed: false) }
            }
        }
        directory = try AddressDirectory(controls, loop: loop) { [unowned self] control, answer in
            lookedUp(control, answer)
        }
        secrets = SecretWatch(self, loop: loop)
        upkeep = Upkeep(controls, loop: loop)
        health.start(self, loop: loop)
    }

    private func begin(_ control: LoadControl, confirmed: Bool, reason: String = "") {
        guard control.state == .waiting, !isStopping else { return }
        // A moment ahead, so that all workers of the load have read the command by then.
        let instant = Clock.now() + .milliseconds(5)
        let stop = options.duration.map { instant + $0 } ?? .distantFuture
        control.begin(at: instant, stop: stop)
        crew?.send(.begin(load: control.index, at: instant, stop: stop), to: control)
        let target = control.plan.settings.target.authority
        if confirmed {
            onEvent(.running(load: control.name, target: target, after: instant - startTime))
        } else {
            onEvent(
                .runningUnconfirmed(
                    load: control.name, target: target,
                    reason: control.lastGateFailure ?? "its address is not known"))
        }
        scheduleEnd(after: stop)
    }

    /// With a duration, the generator stops when its last load has.
    private func scheduleEnd(after stop: Instant) {
        guard stop != .distantFuture else { return }
        loop.schedule(at: stop + .milliseconds(1)) { [unowned self] now in
            if controls.allSatisfy({ $0.stop < now }) { self.stop() }
        }
    }

    // MARK: While it runs

    private func gateTried(_ control: LoadControl, _ code: Int32, _ address: SocketAddress) {
        if control.recordTry(code, address) {
            control.accepted(address)
            crew?.send(.peers(load: control.index, control.peers), to: control)
            return begin(control, confirmed: true)
        }
        if control.isNewGateFailure {
            onEvent(
                .waiting(
                    load: control.name, target: "\(address)", reason: SystemError.text(of: code)))
        }
    }

    private func setPeers(_ peers: [SocketAddress], of control: LoadControl) {
        control.setResolved(peers)
        crew?.send(.peers(load: control.index, control.peers), to: control)
    }

    func lookedUp(_ control: LoadControl, _ answer: Resolver.Answer) {
        control.dnsPhase.record(answer.duration)
        switch answer.result {
        case .success(let peers):
            guard Set(peers) != Set(control.resolved) else { return }
            onEvent(
                .addresses(
                    load: control.name, host: answer.query.host, addresses: peers.map(\.host)))
            setPeers(peers, of: control)
        case .failure(let failure):
            if failureLog.isDue("\(control.index) dns") {
                onEvent(
                    .lookupFailed(
                        load: control.name, host: answer.query.host, reason: failure.reason))
            }
            // A look-up that failed says nothing about the addresses; a name that is gone does.
            if failure.isFinal, !control.resolved.isEmpty { setPeers([], of: control) }
        }
    }

    func renew(_ control: LoadControl, _ request: RenderedRequest) {
        requests[control.index] = request
        crew?.send(.request(load: control.index, request), to: control)
        onEvent(.requestRenewed(load: control.name))
    }

    func failed(_ control: LoadControl, _ outcome: Outcome, _ text: String) {
        control.lastFailures[outcome] = text
        if failureLog.isDue("\(control.index) \(outcome)") {
            onEvent(.failure(load: control.name, outcome: outcome.name, text: text))
        }
    }

    func announce(_ event: GeneratorEvent) { onEvent(event) }

    // MARK: Stop

    /// Intends nothing more from now on, lets requests in flight end for as long as the drain lasts, cancels the rest.
    package func stop() {
        guard !isStopping else { return }
        isStopping = true
        onEvent(.stopping)
        let now = crew?.stop() ?? Clock.now()
        for control in controls { control.stop(at: now) }
        let drain = options.drain ?? configuration.server.drain
        loop.schedule(at: now + drain) { [unowned self] _ in
            cancel()
        }
    }

    /// After a stop: ends what is in flight now, instead of at the end of the drain.
    package func cancel() {
        if isStopping, !isDrained { crew?.sendToAll(.cancel) }
    }

    private func finishedDraining() {
        guard !isDrained else { return }
        // The last arrival may be over before the duration is.
        stop()
        isDrained = true
        health.look(self, at: Clock.now())
        let canceled = controls.reduce(0) { sum, control in
            sum + control.cells.reduce(0) { $0 + $1.requests[Int(Outcome.canceled.rawValue)] }
        }
        onEvent(.drained(canceled: canceled))
        onDrained()
    }

    /// Ends the worker threads. Their counts stay readable.
    package func join() { crew?.join() }

    /// The same, but waits for no thread that still hangs at an instant.
    /// - Returns: whether all of them ended in time.
    package func join(until instant: Instant) -> Bool { crew?.join(until: instant) ?? true }
}

/// Says at most once a minute that something goes wrong.
struct FailureLog {
    private static let interval = Nanoseconds.seconds(60)
    private var last: [String: Instant] = [:]

    mutating func isDue(_ key: String) -> Bool {
        let now = Clock.now()
        if let last = last[key], now - last < Self.interval { return false }
        last[key] = now
        return true
    }
}
