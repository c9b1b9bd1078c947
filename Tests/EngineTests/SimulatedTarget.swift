import Reactor
import Time
import Transport

/// A target in virtual time: each request ends after what `serviceTime` says, at most `connections` at once.
final class SimulatedTarget: HTTPTransport {
    let connectionLimit: Int
    let serviceTime: (Instant) -> Nanoseconds
    let outcome: (Instant) -> Outcome
    private(set) var starts: [Instant] = []
    private var running: [Completion] = []

    init(
        connections: Int, outcome: @escaping (Instant) -> Outcome,
        serviceTime: @escaping (Instant) -> Nanoseconds
    ) {
        connectionLimit = connections
        self.outcome = outcome
        self.serviceTime = serviceTime
    }

    func start(intended: Instant, now: Instant, mayOpen: Bool) -> StartResult {
        guard running.count < connectionLimit else {
            return .held(by: .connections, until: .distantFuture)
        }
        var completion = Completion()
        completion.intendedStart = intended
        completion.actualStart = now
        completion.sendStart = now
        completion.end = now + serviceTime(now)
        completion.firstByte = completion.end
        completion.outcome = outcome(now)
        completion.status = completion.outcome == .ok ? 200 : 0
        running.append(completion)
        starts.append(now)
        return .started(at: now)
    }

    var nextEnd: Instant { running.map(\.end).min() ?? .distantFuture }

    /// Requests that have ended by now, earliest first.
    func takeEnded(by now: Instant) -> [Completion] {
        let ended = running.filter { $0.end <= now }.sorted { $0.end < $1.end }
        running.removeAll { $0.end <= now }
        return ended
    }

    func expire(now: Instant) {}
    var nextDeadline: Instant { .distantFuture }
    func cancelAll(now: Instant) { running = [] }
    func setPeers(_ peers: [SocketAddress]) {}
    func setRequest(_ request: HTTPRequest) {}
    var connections = ConnectionCounts()
    var toleratesLateReceive: Bool { true }
    func describe(_ completion: Completion) -> String { "simulated" }
}
