import Config
import Measure
import Reactor
import Schedule
import Time
import Transport

/// One load as the main thread sees it: waiting or running, what it intends, and what its workers have counted.
final class LoadControl {
    enum State: Equatable {
        case waiting
        case running(since: Instant)
    }

    let index: Int
    let plan: LoadPlan
    let endpoint: Endpoint
    let bounds: LoadBounds
    /// One per worker that carries it.
    let cells: [LoadCell]
    let gate: StartGate
    private(set) var state = State.waiting
    private(set) var stop = Instant.distantFuture
    /// Where connections go.
    private(set) var peers: [SocketAddress] = []
    /// All that the name stands for.
    private(set) var resolved: [SocketAddress] = []
    /// That of the address which first accepted a connection. A name such as `localhost` has addresses of both families
    /// for one server that may listen on one of them only.
    private var family: Int32?
    private(set) var counter: IntendedCounter?
    private(set) var recent = RecentLoadTimes()
    private(set) var history = LoadHistory()
    private let requestsMax: UInt64

    /// Connection tries while waiting, by outcome; one look-up's time each. Written by the main thread.
    let gateConnects = CounterSet()
    let dnsPhase: Histogram
    /// The texts of the last failures, by outcome.
    var lastFailures: [Outcome: String] = [:]

    init(index: Int, plan: LoadPlan, options: Generator.Options, loop: EventLoop) {
        self.index = index
        self.plan = plan
        requestsMax = options.requestsMax ?? .max
        endpoint = Endpoint(plan.settings)
        let bounds = LoadBounds(added: plan.settings.buckets)
        self.bounds = bounds
        cells = plan.workers.map { _ in LoadCell(bounds: bounds) }
        dnsPhase = Histogram(bounds.phases)
        counter = plan.schedule.map { IntendedCounter($0) }
        gate = StartGate(loop: loop)
    }

    /// The last reason for which the target accepted no connection.
    private(set) var lastGateFailure: String?
    /// Whether that reason differs from the one before it.
    private(set) var isNewGateFailure = false

    var name: String { plan.settings.name }

    /// Takes in one try of the gate.
    /// - Returns: whether the target accepted it.
    func recordTry(_ code: Int32, _ address: SocketAddress) -> Bool {
        let outcome = code == 0 ? Outcome.ok : Outcome(connectErrno: code)
        gateConnects.add(at: Int(outcome.rawValue))
        guard code != 0 else { return true }
        let text = "\(address): \(SystemError.text(of: code))"
        isNewGateFailure = text != lastGateFailure
        lastGateFailure = text
        return false
    }

    func begin(at instant: Instant, stop: Instant) {
        state = .running(since: instant)
        self.stop = min(self.stop, stop)
        gate.end()
    }

    func stop(at instant: Instant) {
        stop = min(stop, instant)
        gate.end()
    }

    /// Takes in what the name stands for now; `peers` follows.
    func setResolved(_ addresses: [SocketAddress]) {
        resolved = addresses
        let reachable = addresses.filter { family == nil || $0.family == family }
        peers = reachable.isEmpty ? addresses : reachable
        if state == .waiting { gate.setPeers(addresses) }
    }

    /// This address accepted a connection: others of its family are the target's too.
    func accepted(_ address: SocketAddress) {
        family = address.family
        setResolved(resolved)
    }

    /// Arrivals whose time has come, by the integral alone: right even while a worker hangs. Nil without a schedule.
    func scheduled(by now: Instant) -> UInt64? {
        guard plan.schedule != nil else { return nil }
        guard case .running(let since) = state else { return 0 }
        let until = min(now, stop)
        guard until >= since, let count = counter?.count(through: until - since) else { return 0 }
        return min(count, requestsMax)
    }

    /// Brings forward what would otherwise wait for the next reading: the gaps of a Poisson process, and what the last
    /// minutes have shown.
    /// - Parameter second: since the start of the generator.
    func keepUp(at now: Instant, second: UInt32) {
        recent.cut(readQuantiles, at: now)
        var (response, service) = (FineSnapshot(), FineSnapshot())
        for cell in cells {
            cell.ok.fineResponse.add(to: &response)
            cell.failed.fineResponse.add(to: &response)
            cell.fineService.add(to: &service)
        }
        history.add(totals(at: now), response: response, service: service, second: second)
    }

    private func totals(at now: Instant) -> LoadHistory.Totals {
        var totals = LoadHistory.Totals()
        var hops: UInt64 = 0
        for cell in cells {
            hops += cell.hops.value
            for outcome in Outcome.allCases {
                let count = cell.requests[Int(outcome.rawValue)]
                if outcome == .ok { totals.ok += count } else { totals.failed += count }
            }
            totals.sent += cell.sent.value
            for reason in DropReason.allCases {
                totals.dropped += cell.dropped[Int(reason.rawValue)]
            }
        }
        // A redirect that is followed is intended, too.
        totals.intended = scheduled(by: now).map { $0 + hops } ?? totals.sent
        return totals
    }

    /// How long the load has run, or ran until it was stopped.
    func elapsed(at now: Instant) -> Nanoseconds {
        guard case .running(let since) = state else { return .zero }
        return max(.zero, min(now, stop) - since)
    }

    /// The rate that the schedule asks for now; nil without a schedule.
    func intendedRate(at now: Instant) -> Double? {
        guard let schedule = plan.schedule else { return nil }
        guard case .running(let since) = state, now >= since, now <= stop else { return 0 }
        return schedule.shape.rate(at: now - since).perSecond
    }
}
