import Glibc
import HTTP1
package import Reactor
package import Time

/// HTTP/1.1 by our own codec on plain sockets or TLS channels: one `send` and one receive per request, no pipelining,
/// one epoll registration per connection.
///
///     start -> [open -> connecting -> (handshaking)] -> send -> active -> receive -> complete -> idle or closed
package final class DirectTransport: HTTPTransport, EventHandler {
    let context: TransportContext
    let completions: ExchangeQueue
    let options: TransportOptions
    let load: UInt16
    let table: ConnectionTable
    let memory = AnswerMemory()
    let connector: TLSConnector?
    /// Registered with the loop under this number.
    private(set) var owner: UInt16 = 0

    private(set) var requestBytes: [UInt8]
    private(set) var sendsHEAD: Bool
    var peers: PeerTable

    private var freeSlots: [Int32]
    private(set) var ages: AgeList
    var connecting = 0
    private var nextHandshake = Instant.distantPast

    /// Rare: requests that the socket did not take whole, and heads that came in pieces.
    var unsent: [Int: UnsentRequest] = [:]
    var stashes: [Int: [UInt8]] = [:]
    var lateReceive: LateReceive
    /// Whether answers may ever wait in the kernel, so that only some requests are samples.
    let isSampling: Bool
    /// How many requests in flight have an answer that waits in the kernel, or will.
    var waiting = 0
    var failureText = ""

    package init(
        _ options: TransportOptions, load: UInt16, request: RenderedRequest,
        context: TransportContext
    ) {
        self.options = options
        self.load = load
        self.context = context
        completions = context.completions
        requestBytes = request.bytes
        sendsHEAD = request.isHEAD
        table = ConnectionTable(count: options.connections)
        freeSlots = (0..<Int32(options.connections)).reversed()
        peers = PeerTable(connections: options.connections)
        ages = AgeList(capacity: options.connections)
        connector = options.tls.map { context.connector(for: $0) }
        lateReceive = LateReceive(seed: UInt64(load))
        isSampling = options.receivesLate && options.tls == nil
        owner = context.loop.attach(self)
    }

    deinit { for slot in 0..<table.count where table[slot].state != .free { close(slot) } }

    // MARK: Starting

    package func start(
        intended: Instant, now: Instant, mayOpen: Bool, receivesLate: Bool
    ) -> StartResult {
        guard ages.count < options.inFlight else {
            return .held(by: options.fullObstacle, until: .distantFuture)
        }
        let choice = peers.next(
            hasRoom: !freeSlots.isEmpty, mayOpen: mayOpen,
            mayOpenYet: connector == nil || nextHandshake <= now)
        switch choice {
        case .reuse(let slot):
            let actual = begin(slot, intended: intended)
            if isSampling { setWaits(slot, ifAllowed: receivesLate) }
            send(slot, at: actual)
            return .started(at: actual)
        case .open(let peer, let closing):
            if let closing { close(closing) }
            return .started(at: open(to: peer, intended: intended, now: now))
        case .collectFirst: return .wantsConnection
        case .full: return .held(by: .connections, until: .distantFuture)
        case .tooEarly: return .held(by: .connectRate, until: nextHandshake)
        }
    }

    func open(to peer: Int32, intended: Instant, now: Instant) -> Instant {
        if connector != nil, peer >= 0 {
            nextHandshake = max(now, nextHandshake) + options.handshakeInterval
        }
        let slot = Int(freeSlots.removeLast())
        table[slot].peer = peer
        peers.opened(peer)
        let actual = begin(slot, intended: intended)
        table[slot].request.opened = true
        open(slot)
        return actual
    }

    private func begin(_ slot: Int, intended: Instant) -> Instant {
        let actual = Clock.now()
        var request = Exchange()
        request.load = load
        request.intendedStart = intended
        request.actualStart = actual
        if isSampling { request.isSample = lateReceive.next() }
        table[slot].request = request
        ages.append(slot)
        return actual
    }

    // MARK: Events

    package func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        let slot = Int(key.index)
        guard table[slot].generation == key.generation else { return }
        switch table[slot].state {
        case .free, .handshaking: return
        case .connecting:
            guard readiness.has(.output) || readiness.has(.failed) else { return }
            connectEnded(slot)
        case .active, .idle: break
        }
        let isCrossed = table[slot].isCrossed
        table[slot].isCrossed = false
        if table[slot].isSending, isCrossed || readiness.has(.output) { sendRest(slot) }
        guard isCrossed || readiness.has(.readable) else { return }
        let isOver = readiness.has(.over)
        switch table[slot].state {
        case .active:
            receive(slot, now: now, untilEnd: isOver)
            // The peer closed behind its answer, and will not be reported as closed again.
            if isOver, table[slot].state == .idle { close(slot) }
        case .idle: receiveIdle(slot)
        case .free, .connecting, .handshaking: break
        }
    }

    package func expire(now: Instant) {
        while let slot = ages.oldest, deadline(of: slot) <= now {
            let generation = table[slot].generation
            if table[slot].state == .active {
                // An answer that arrived in time beats a timeout that was found later.
                receive(slot, now: now, untilEnd: true)
                if ages.oldest != slot || table[slot].generation != generation { continue }
            }
            endLate(slot, at: now)
        }
    }

    /// Ends a request whose time is over. What its connect came to by now says more than that it was not looked at.
    private func endLate(_ slot: Int, at now: Instant) {
        let isDecided = table[slot].state == .connecting && Socket.hasOutput(table[slot].descriptor)
        if isDecided, case let code = Socket.connectError(table[slot].descriptor), code != 0 {
            table[slot].request.detail = .system(errno: code)
            return finish(slot, .ofConnect(errno: code), at: now)
        }
        let isUp = table[slot].state == .active || isDecided
        finish(slot, isUp ? .timeout : .connectTimeout, at: now)
    }

    package var nextDeadline: Instant {
        ages.oldest.map { deadline(of: $0) } ?? .distantFuture
    }

    func deadline(of slot: Int) -> Instant { table[slot].request.actualStart + options.timeout }

    // MARK: Ending

    /// Ends the slot's request and closes its connection.
    func finish(_ slot: Int, _ outcome: Outcome, at end: Instant) {
        report(slot, outcome, at: end)
        close(slot)
    }

    /// Ends the slot's request and keeps its connection for the next one.
    func finishKeeping(_ slot: Int, at end: Instant) {
        report(slot, .ok, at: end)
        table[slot].state = .idle
        peers.park(slot, table[slot].peer)
    }

    private func report(_ slot: Int, _ outcome: Outcome, at end: Instant) {
        table[slot].request.outcome = outcome
        table[slot].request.end = end
        table[slot].request.status = table[slot].parser.status
        ages.remove(slot)
        if table[slot].isQuiet { waiting -= 1 }
        completions.append(table[slot].request)
    }

    func close(_ slot: Int) {
        switch table[slot].state {
        case .connecting, .handshaking: connecting -= 1
        case .idle where table[slot].peer >= 0: peers.unpark(slot, table[slot].peer)
        case .idle, .active, .free: break
        }
        peers.closed(table[slot].peer)
        if let connector, let channel = table[slot].channel {
            connector.close(channel)
        } else if table[slot].descriptor >= 0 {
            _ = Glibc.close(table[slot].descriptor)
        }
        if table[slot].isSending { unsent[slot] = nil }
        if table[slot].isStashed { stashes[slot] = nil }
        let generation = table[slot].generation &+ 1
        table[slot] = Connection()
        table[slot].generation = generation
        freeSlots.append(Int32(slot))
    }

    package func cancelAll(now: Instant) {
        while let slot = ages.oldest {
            let generation = table[slot].generation
            if table[slot].state == .active { receive(slot, now: now, untilEnd: false) }
            if ages.oldest == slot, table[slot].generation == generation {
                finish(slot, .canceled, at: now)
            }
        }
    }
}

// MARK: Changes from outside, and what is shown

extension DirectTransport {
    package func setRequest(_ request: RenderedRequest) {
        requestBytes = request.bytes
        sendsHEAD = request.isHEAD
    }

    package func setPeers(_ addresses: [SocketAddress]) {
        guard let numbers = peers.replace(addresses) else { return }
        for slot in 0..<table.count where table[slot].peer >= 0 {
            table[slot].peer = numbers[Int(table[slot].peer)]
            if table[slot].peer < 0, table[slot].state == .idle { close(slot) }
        }
    }

    package var connections: ConnectionCounts {
        var counts = ConnectionCounts()
        counts.connecting = connecting
        counts.idle = peers.idleCount
        counts.active = options.connections - freeSlots.count - connecting - peers.idleCount
        return counts
    }
}
