import Glibc
import HTTP1
package import Reactor
package import Time

/// A small HTTP/1.1 target whose delays and errors can be set: what `ballast demo` puts its load on, and what tests
/// trust to count. It lives on the loop of one thread, as everything that touches it does.
///
/// Any path answers by the behaviour, or as its query asks: `?delay=20ms&status=503&size=10KiB&close=1&chunked=1`.
/// `GET /counts` tells how many answers went out by status; `GET` and `POST /behaviour?median=20ms` show and change how
/// it behaves; `stall=2s` lets it stand still for so long. These two are neither delayed nor counted.
package final class DemoTarget: EventHandler {
    /// Where it listens; the port is the real one.
    package let address: SocketAddress
    /// May be changed at any time; answers that wait already keep what they drew.
    package var behaviour: DemoBehaviour
    package internal(set) var counts = DemoCounts()

    private static let listenerKey = EventKey(index: .max)

    private let loop: EventLoop
    private var owner: UInt16 = 0
    private var listener: FileDescriptor?
    private var connections: [DemoConnection?] = []
    private var generations: [UInt16] = []
    private var free: [Int] = []
    var delays = DelayHeap()
    private var alarm: (due: Instant, timer: TimerID)?
    /// No answer goes out before.
    var stalledUntil = Instant.distantPast
    /// Hears of each stall and its length.
    package var onStall: (Nanoseconds) -> Void = { _ in }
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    var rendered: [DemoAnswer: [UInt8]] = [:]
    private let limits: RequestParser.Limits

    /// - Parameter listen: port 0 takes a free one.
    package init(
        listen: SocketAddress, behaviour: DemoBehaviour, loop: EventLoop
    ) throws(SystemError) {
        var limits = RequestParser.Limits()
        limits.body = DemoQuery.sizeMax
        limits.chunked = true
        self.limits = limits
        self.behaviour = behaviour
        self.loop = loop
        let listener = try Socket.listen(on: listen)
        address = try Socket.localAddress(listener.number)
        let number = listener.number
        self.listener = consume listener
        owner = loop.attach(self)
        try loop.register(number, [.input, .edge], owner: owner, key: Self.listenerKey)
    }

    /// Stops listening and drops every connection.
    package func close() {
        listener = nil
        for connection in connections { if let connection { drop(connection) } }
        if let alarm { loop.cancel(alarm.timer) }
        alarm = nil
    }

    package func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        if key == Self.listenerKey { return accept(now) }
        guard let connection = connection(key) else { return }
        if readiness.has(.failed) && connection.state != .open { return drop(connection) }
        if readiness.has(.readable) {
            connection.mayRead = true
        }
        if readiness.has(.over) { connection.peerClosed = true }
        proceed(connection, now)
    }

    // MARK: Connections

    private func accept(_ now: Instant) {
        guard let number = listener?.number else { return }
        while let descriptor = Socket.accept(number) { admit(descriptor) }
    }

    private func admit(_ descriptor: consuming FileDescriptor) {
        let index = free.popLast() ?? connections.count
        if index == connections.count {
            connections.append(nil)
            generations.append(0)
        }
        let number = descriptor.number
        let key = EventKey(index: UInt32(index), generation: generations[index])
        connections[index] = DemoConnection(descriptor, key: key, limits: limits)
        counts.connections += 1
        do {
            try loop.register(
                number, [.input, .output, .peerClosed, .edge], owner: owner, key: key)
        } catch {
            connections[index] = nil
            free.append(index)
        }
    }

    private func connection(_ key: EventKey) -> DemoConnection? {
        guard key.index < connections.count, generations[Int(key.index)] == key.generation else {
            return nil
        }
        return connections[Int(key.index)]
    }

    private func drop(_ connection: DemoConnection) {
        let index = Int(connection.key.index)
        connections[index] = nil
        generations[index] &+= 1
        free.append(index)
        // Clients may have waited because no descriptor was left; the listener's edge is long past.
        if let listener = listener?.number, let next = Socket.accept(listener) { admit(next) }
    }

    // MARK: Requests

    /// Goes on with a connection until it has to wait: for its client, for room to send, or for a delay.
    private func proceed(_ connection: DemoConnection, _ now: Instant) {
        while true {
            guard connection.flush() else { return drop(connection) }
            if connection.isSending { return }
            if !finishSending(connection) { return }
            switch connection.state {
            case .delayed: return
            case .draining: connection.unread = []
            case .open: if !connection.unread.isEmpty { parse(connection, now) }
            }
            if connection.isSending || connection.state == .delayed { continue }
            if connection.unread.isEmpty && !receive(connection) { return }
        }
    }

    /// Counts an answer that has gone out whole.
    /// - Returns: false when the connection was closed after it.
    private func finishSending(_ connection: DemoConnection) -> Bool {
        guard let status = connection.outgoingStatus else { return true }
        connection.send([], status: nil)
        if connection.isCounted { counts.answers[status, default: 0] += 1 }
        guard connection.answer.closes else { return true }
        // The client may still be sending; closing now could destroy the answer on its way.
        _ = shutdown(connection.descriptor.number, Int32(SHUT_WR))
        connection.state = .draining
        connection.answer.closes = false
        connection.mayRead = true
        return true
    }

    /// - Returns: false when there is nothing to read now, or nothing any more.
    private func receive(_ connection: DemoConnection) -> Bool {
        guard connection.mayRead else { return false }
        switch Socket.receive(connection.descriptor.number, into: &buffer) {
        case .bytes(let count):
            connection.unread = buffer[..<count]
            // A short read has emptied the socket: the next bytes are a new edge.
            connection.mayRead = count == buffer.count || connection.peerClosed
            return true
        case .wouldBlock:
            connection.mayRead = false
            return false
        case .end, .failed:
            drop(connection)
            return false
        }
    }

    private func parse(_ connection: DemoConnection, _ now: Instant) {
        let (used, step) = connection.parser.consume(connection.unread)
        // A copy of its own, lest the shared buffer be copied at the next receive.
        connection.unread = ArraySlice(Array(connection.unread.dropFirst(used)))
        switch step {
        case .incomplete: break
        case .expectsContinue:
            connection.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8), status: nil)
        case .complete(let request): answer(request, on: connection, now)
        case .failed(let error):
            connection.answer = DemoAnswer(status: error.status, closes: true)
            page("\(error)\n", status: error.status, on: connection)
            connection.isCounted = true
        }
    }

    // MARK: Delays

    /// Keeps one timer of the loop at the earliest delay.
    func setAlarm() {
        guard let earliest = delays.next else { return }
        let next = max(earliest, stalledUntil)
        if let alarm {
            if alarm.due <= next { return }
            loop.cancel(alarm.timer)
        }
        alarm = (next, loop.schedule(at: next) { [unowned self] now in sendDue(now) })
    }

    private func sendDue(_ now: Instant) {
        alarm = nil
        while now >= stalledUntil, let key = delays.popDue(by: now) {
            guard let connection = connection(key) else { continue }
            connection.state = .open
            sendAnswer(connection)
            proceed(connection, now)
        }
        setAlarm()
    }
}
