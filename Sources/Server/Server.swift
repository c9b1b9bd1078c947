import Glibc
import HTTP1
package import Reactor
package import Time

/// A small HTTP/1.1 server on one event loop: for scrapers, probes and a person's browser, in the
/// company of clients that are slow, broken or hostile. Nothing here waits, and an idle server
/// never wakes up.
package final class Server: EventHandler {
    /// Connections admitted in one turn, so that those admitted before get their requests read in
    /// between.
    private static let admittedPerTurn = 16
    /// How long a listener rests when the machine has no descriptor left and nobody can give way.
    private static let exhaustedPause = Nanoseconds.milliseconds(250)
    /// The listener's key; places count from 0.
    private static let listenerKey = EventKey(index: .max)

    package let localAddress: SocketAddress
    package internal(set) var counts = ServerCounts()
    /// Answers under way on routes that are `isLimited`.
    package private(set) var scrapesInProgress = 0

    let limits: ServerLimits
    let loop: EventLoop
    private let routes: [String: Route]
    private let notFound: String
    private var listener: FileDescriptor?
    private var isListening = true
    var owner: UInt16 = 0
    var table: ClientTable
    var received = [UInt8](repeating: 0, count: 16_384)
    var sweep: (at: Instant, timer: TimerID)?

    /// Starts to listen; port 0 takes a free one (`localAddress`).
    /// - Throws: `SystemError` of `bind` when the port is in use or not allowed.
    package init(
        listen address: SocketAddress, limits: ServerLimits = ServerLimits(), loop: EventLoop,
        routes: [Route]
    ) throws(SystemError) {
        let listener = try Socket.listen(on: address)
        localAddress = try Socket.localAddress(listener.number)
        self.limits = limits
        self.loop = loop
        self.routes = Dictionary(uniqueKeysWithValues: routes.map { ($0.path, $0) })
        notFound = Self.notFoundText(routes)
        table = ClientTable(capacity: limits.connections)
        let number = listener.number
        self.listener = consume listener
        owner = loop.attach(self)
        try loop.register(number, .input, owner: owner, key: Self.listenerKey)
    }

    /// Stops listening and drops every connection.
    package func close() {
        listener = nil
        for entry in table.entries { drop(entry.key, entry.connection) }
    }

    package func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        if key == Self.listenerKey { return admit(now) }
        guard let connection = table[key] else { return }
        switch connection.state {
        case .receiving: receive(key, connection, now)
        case .answering: write(key, connection, now)
        case .closing: discard(key, connection)
        }
    }

    // MARK: Admitting

    private func admit(_ now: Instant) {
        for _ in 0..<Self.admittedPerTurn {
            // Nobody gives way to nobody.
            guard let number = listener?.number, Socket.hasInput(number) else { return }
            if table.isFull && !evictOldest() { return listen(false) }
            guard let socket = Socket.accept(number) else {
                let code = errno
                if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) { descriptorsExhausted(now) }
                return
            }
            let connection = ClientConnection(
                socket, limits: limits.parser, now: now, deadline: now + limits.request)
            let key = table.insert(connection)
            do throws(SystemError) {
                try loop.register(connection.socket.number, .input, owner: owner, key: key)
            } catch {
                table.remove(key)
                continue
            }
            counts.connections += 1
            armSweep(connection.deadline)
            // The request often comes with the connection.
            receive(key, connection, now)
        }
    }

    /// Frees one place or descriptor.
    /// - Returns: false when every connection has a complete request and so a claim to its answer.
    private func evictOldest() -> Bool {
        let waiting = table.entries.filter { $0.connection.state != .answering }
        let oldest = waiting.min { $0.connection.waitingSince < $1.connection.waitingSince }
        guard let oldest else { return false }
        counts.evicted += 1
        drop(oldest.key, oldest.connection)
        return true
    }

    /// A listener stays ready while nobody can be accepted: without a pause the loop would spin.
    private func descriptorsExhausted(_ now: Instant) {
        if evictOldest() { return }
        listen(false)
        loop.schedule(at: now + Self.exhaustedPause) { [weak self] _ in self?.listen(true) }
    }

    func listen(_ wanted: Bool) {
        guard let number = listener?.number, wanted != isListening else { return }
        isListening = wanted
        try? loop.change(number, wanted ? .input : [], owner: owner, key: Self.listenerKey)
    }

    // MARK: Receiving

    private func receive(_ key: EventKey, _ connection: ClientConnection, _ now: Instant) {
        if !connection.pending.isEmpty {
            let pending = connection.pending
            connection.pending = []
            return consume(pending, key, connection, now)
        }
        switch Socket.receive(connection.socket.number, into: &received) {
        case .bytes(let count): consume(received[..<count], key, connection, now)
        case .wouldBlock: break
        case .end, .failed: drop(key, connection)
        }
    }

    private func consume(
        _ bytes: ArraySlice<UInt8>, _ key: EventKey, _ connection: ClientConnection, _ now: Instant
    ) {
        if connection.began == nil {
            connection.began = now
            // The first request's time runs since the connection's start.
            if connection.hasAnswered { setDeadline(connection, now + limits.request) }
        }
        var rest = bytes
        while true {
            let (used, step) = connection.parser.consume(rest)
            rest = rest.dropFirst(used)
            switch step {
            case .incomplete: return watch(key, connection, .input)
            case .expectsContinue:
                guard rest.isEmpty else { continue }
                // Its 25 bytes fit any socket that has just begun an exchange; a client that cannot
                // take them is gone.
                let answer = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
                guard Socket.send(connection.socket.number, answer, from: 0) == answer.count else {
                    return drop(key, connection)
                }
            case .failed(let error):
                counts.refused += 1
                let text = "\(error.status) \(Response.phrase(error.status)): \(error.reason)\n"
                let response = Response.text(text, status: error.status)
                return answer(response, to: nil, closes: true, key, connection, now)
            case .complete(let request):
                // A slice would keep the whole receive buffer alive and make the next receive copy
                // it.
                connection.pending = rest.isEmpty ? [] : Array(rest)[...]
                return respond(to: request, key, connection, now)
            }
        }
    }

    // MARK: Answering

    private func respond(
        to request: HTTPRequest, _ key: EventKey, _ connection: ClientConnection, _ now: Instant
    ) {
        counts.requests += 1
        guard let route = routes[String(request.path)] else {
            return answer(
                .text(notFound, status: 404), to: request, closes: !request.keepsAlive, key,
                connection, now)
        }
        guard route.allowed.contains(request.method) else {
            return answer(
                Self.refusal(of: request, route), to: request, closes: true, key, connection, now)
        }
        var response: Response
        if route.isLimited && scrapesInProgress >= limits.scrapes {
            counts.limited += 1
            response = .text(
                "Limit of concurrent requests reached (\(limits.scrapes)), try again later.\n",
                status: 503)
        } else {
            if route.isLimited {
                scrapesInProgress += 1
                connection.isLimited = true
            }
            response = route.answer(
                ServerRequest(request, began: connection.began ?? now, completed: now))
        }
        answer(response, to: request, closes: !request.keepsAlive, key, connection, now)
    }

    func answer(
        _ response: Response, to request: HTTPRequest?, closes: Bool, _ key: EventKey,
        _ connection: ClientConnection, _ now: Instant
    ) {
        connection.output = ResponseWriter.bytes(
            of: response, to: request, wall: Clock.wall(), closes: closes)
        connection.written = 0
        connection.closesAfterAnswer = closes
        connection.onWritten = response.onWritten
        connection.state = .answering
        setDeadline(connection, now + limits.answer)
        write(key, connection, now)
    }

    private func write(_ key: EventKey, _ connection: ClientConnection, _ now: Instant) {
        while connection.written < connection.output.count {
            let sent = Socket.send(
                connection.socket.number, connection.output, from: connection.written)
            guard let sent else { return drop(key, connection) }
            if sent == 0 { return watch(key, connection, .output) }
            connection.written += sent
        }
        endAnswer(connection)
        connection.onWritten?()
        connection.onWritten = nil
        connection.hasAnswered = true
        connection.waitingSince = now
        connection.began = nil
        // Whoever waits for a request can give way to a newcomer.
        listen(true)
        if connection.closesAfterAnswer { return beginClosing(key, connection, now) }
        connection.state = .receiving
        setDeadline(connection, now + limits.idle)
        // A pipelined request waits for the next turn, so that one client's hundreds do not hold up
        // the others.
        watch(key, connection, connection.pending.isEmpty ? .input : .output)
    }

    func endAnswer(_ connection: ClientConnection) {
        if connection.isLimited { scrapesInProgress -= 1 }
        connection.isLimited = false
        connection.output = []
        connection.written = 0
    }
}
