import Reactor
import Time
import Transport

/// A target in virtual time: each request ends after what `serviceTime` says, at most `connectionLimit` at once. One
/// that takes no time, as a refused connect does, has ended before `start` returns. An answer that may wait is no
/// event: somebody has to read it.
final class SimulatedTarget: HTTPTransport {
    let connectionLimit: Int
    let serviceTime: (Instant) -> Nanoseconds
    let outcome: (Instant) -> Outcome
    /// Which load it carries.
    var load: UInt16 = 0
    /// The shortest time between two new connections.
    var openingInterval = Nanoseconds.zero
    private(set) var starts: [Instant] = []
    /// How often a start was asked for without leave to open a connection, and in vain.
    private(set) var refusedOpenings = 0
    /// How many answers were read by `receiveLate`.
    private(set) var readLate = 0
    private let completions: ExchangeQueue
    private var running: [Running] = []
    /// Connections opened in all.
    private(set) var opened = 0
    private var open = 0
    private var nextOpening = Instant.distantPast
    private(set) var isCanceled = false

    private struct Running {
        var completion: Exchange
        /// Whether its answer waits to be read.
        var waits: Bool
    }

    init(
        connections: Int, completions: ExchangeQueue, outcome: @escaping (Instant) -> Outcome,
        serviceTime: @escaping (Instant) -> Nanoseconds
    ) {
        connectionLimit = connections
        self.completions = completions
        self.outcome = outcome
        self.serviceTime = serviceTime
    }

    func start(
        intended: Instant, now: Instant, mayOpen: Bool, receivesLate: Bool
    ) -> StartResult {
        if running.count == open {
            guard open < connectionLimit else {
                return .held(by: .connections, until: .distantFuture)
            }
            guard mayOpen else {
                refusedOpenings += 1
                return .wantsConnection
            }
            guard nextOpening <= now else { return .held(by: .connectRate, until: nextOpening) }
            nextOpening = now + openingInterval
            open += 1
            opened += 1
        }
        var completion = Exchange()
        completion.load = load
        completion.intendedStart = intended
        completion.actualStart = now
        completion.sendStart = now
        completion.end = now + serviceTime(now)
        completion.firstByte = completion.end
        completion.outcome = outcome(now)
        completion.status = completion.outcome == .ok ? 200 : 0
        starts.append(now)
        completion.waited = receivesLate
        if completion.end == now {
            end(completion)
        } else {
            running.append(Running(completion: completion, waits: receivesLate))
        }
        return .started(at: now)
    }

    /// A failure takes its connection with it.
    private func end(_ completion: Exchange) {
        if completion.outcome != .ok { open -= 1 }
        completions.append(completion)
    }

    var nextEnd: Instant {
        running.filter { !$0.waits }.map(\.completion.end).min() ?? .distantFuture
    }

    /// Ends what is over by now, earliest first.
    func deliver(by now: Instant, afterEach: (Instant) -> Void) {
        while let first = first(by: now, waits: false) {
            end(running.remove(at: first).completion)
            afterEach(now)
        }
    }

    func receiveLate(startedBefore now: Instant) {
        while let first = first(by: now, waits: true) {
            end(running.remove(at: first).completion)
            readLate += 1
        }
    }

    func receiveAtOnce() { for index in running.indices { running[index].waits = false } }

    private func first(by now: Instant, waits: Bool) -> Int? {
        running.indices
            .filter { running[$0].waits == waits && running[$0].completion.end <= now }
            .min { running[$0].completion.end < running[$1].completion.end }
    }

    func cancelAll(now: Instant) {
        isCanceled = true
        let all = running
        running = []
        for var completion in all.map(\.completion) {
            completion.outcome = .canceled
            completion.status = 0
            completion.end = now
            end(completion)
        }
    }

    func expire(now: Instant) {}
    var nextDeadline: Instant { .distantFuture }
    func setPeers(_ peers: [SocketAddress]) {}
    func setRequest(_ request: RenderedRequest) {}
    var connections = ConnectionCounts()
    func describe(_ completion: Exchange) -> String { "simulated" }
}
