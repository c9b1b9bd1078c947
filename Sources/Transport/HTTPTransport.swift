package import Reactor
package import Time

/// What carries one load's requests on one worker. It holds a bounded number of connections, never looks up a name,
/// never repeats a request, and reports each ended request once, through its worker's `ExchangeQueue`.
package protocol HTTPTransport: AnyObject {
    /// Starts one request, unless something is in the way.
    /// - Parameters:
    ///   - mayOpen: whether a new connection may be opened for it.
    ///   - receivesLate: whether its answer may wait in the kernel until `receiveLate`, which comes soon.
    func start(
        intended: Instant, now: Instant, mayOpen: Bool, receivesLate: Bool
    ) -> StartResult

    /// Reads the answers that were left in the kernel, of requests that started before `now`.
    func receiveLate(startedBefore now: Instant)

    /// From here on every answer is read when it arrives.
    func receiveAtOnce()

    /// Ends what is over its time, and does whatever else was due.
    func expire(now: Instant)

    /// When `expire` next has something to do.
    var nextDeadline: Instant { get }

    /// Ends all requests in flight as canceled.
    func cancelAll(now: Instant)

    /// The addresses to connect to. Connections to others end with their present request.
    func setPeers(_ peers: [SocketAddress])

    /// What is sent from now on.
    func setRequest(_ request: RenderedRequest)

    var connections: ConnectionCounts { get }

    /// The last failure with this detail in words, for people: `refused 10.0.0.7:8080`.
    func describe(_ completion: Exchange) -> String
}

extension HTTPTransport {
    package func start(intended: Instant, now: Instant, mayOpen: Bool) -> StartResult {
        start(intended: intended, now: now, mayOpen: mayOpen, receivesLate: false)
    }

    // Whoever leaves no answer in the kernel has none to read there.
    package func receiveLate(startedBefore now: Instant) {}
    package func receiveAtOnce() {}
}

package enum StartResult: Equatable, Sendable {
    case started(at: Instant)
    /// - Parameter until: when it is worth another try, if that is known.
    case held(by: Obstacle, until: Instant)
    /// No idle connection will do, and an answer that may wait uncollected could free one.
    case wantsConnection
}

package struct ConnectionCounts: Equatable, Sendable {
    package var connecting = 0
    package var idle = 0
    package var active = 0

    package init() {}
}

/// What both transports need to know of a load; limits are one worker's share.
package struct TransportOptions: Sendable {
    package var connections: Int
    package var inFlight: Int
    package var timeout: Nanoseconds
    package var bodyMax: Int
    /// The shortest time between two TLS handshakes.
    package var handshakeInterval: Nanoseconds
    package var tls: TLSOptions?
    /// Whether `start` is ever told that an answer may wait.
    package var receivesLate: Bool

    /// What holds up an arrival when `inFlight` is reached: where each connection carries one request and nobody set a
    /// lower limit, it is the connections.
    var fullObstacle: Obstacle { inFlight == connections ? .connections : .inFlight }

    package init(
        connections: Int, inFlight: Int, timeout: Nanoseconds, bodyMax: Int,
        handshakeInterval: Nanoseconds, tls: TLSOptions?, receivesLate: Bool = false
    ) {
        self.connections = connections
        self.inFlight = inFlight
        self.timeout = timeout
        self.bodyMax = bodyMax
        self.handshakeInterval = handshakeInterval
        self.tls = tls
        self.receivesLate = receivesLate
    }
}

package struct TLSOptions: Hashable, Sendable {
    package var verify = true
    package var ca: String?
    package var certificate: String?
    package var key: String?
    /// The name to verify and to send as SNI.
    package var serverName: String
    package var resume = false

    package init(serverName: String) { self.serverName = serverName }
}

/// One worker's loop and buffers, shared by the transports of all its loads.
package final class TransportContext {
    package let loop: EventLoop
    package let completions = ExchangeQueue()
    let receiveBuffer = ReceiveBuffer()
    private var connectors: [TLSConnector.Trust: TLSConnector] = [:]
    private var connectorList: [TLSConnector] = []
    private let wall: () -> Int64
    private var offset = Nanoseconds.zero
    private var offsetReading = Instant.distantPast
    /// When the wall clock was last seen to have been set, or was first read.
    private(set) var lastStep = Instant.distantPast

    /// How far the time of a kernel's stamp may be off on the monotonic clock.
    static let stampNoise = Nanoseconds.microseconds(20)

    package init(loop: EventLoop, wall: @escaping () -> Int64 = Clock.wall) {
        self.loop = loop
        self.wall = wall
    }

    /// What to add to the wall clock to get the monotonic one, read anew for each turn: the wall clock may step.
    func wallOffset(at now: Instant) -> Int64 {
        if now != offsetReading {
            offsetReading = now
            let known = offset
            offset = readOffset()
            if max(known - offset, offset - known) > Self.stampNoise { lastStep = now }
        }
        return offset.count
    }

    /// Reads one clock between two readings of the other, again when something came in between: that would shift the
    /// end of every request of this turn.
    private func readOffset() -> Nanoseconds {
        var best = Nanoseconds.max
        var offset = Nanoseconds.zero
        for _ in 0..<4 {
            let before = Clock.now()
            let wall = self.wall()
            let width = Clock.now() - before
            if width < best {
                best = width
                offset = Nanoseconds(before.nanoseconds + width.count / 2 - wall)
            }
            if width < .microseconds(2) { break }
        }
        return offset
    }

    /// When a TLS connector needs `expire`. Asked in every turn, so it walks the list by hand: `map` would allocate.
    package var nextDeadline: Instant {
        var next = Instant.distantFuture
        for connector in connectorList { next = min(next, connector.nextDeadline) }
        return next
    }

    package func expire(now: Instant) {
        for connector in connectorList where connector.nextDeadline <= now { connector.expire() }
    }

    /// The connector for a set of trust settings: loads that agree share one, and so its parsed certificates.
    func connector(for options: TLSOptions) -> TLSConnector {
        let trust = TLSConnector.Trust(options)
        if let connector = connectors[trust] { return connector }
        let connector = TLSConnector(trust, loop: loop)
        connectors[trust] = connector
        connectorList.append(connector)
        return connector
    }
}

/// 64 KiB that every connection of a worker reads into: an answer is consumed before the next read.
@safe final class ReceiveBuffer {
    static let capacity = 64 * 1_024
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)

    deinit { unsafe bytes.deallocate() }
}
