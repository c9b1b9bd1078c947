import Reactor
import TestSupport
import Testing
import Time
import Transport

/// What the conformance suite runs over: both transports, without and with TLS.
enum TransportKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case direct, directTLS, curl, curlTLS

    var isTLS: Bool { self == .directTLS || self == .curlTLS }
    var isCurl: Bool { self == .curl || self == .curlTLS }
    var testDescription: String { rawValue }

    static let plain: [TransportKind] = [.direct, .curl]
    static let secure: [TransportKind] = [.directTLS, .curlTLS]
}

/// One transport on a loop in the test's thread, driven as `Engine`'s worker does. The test decides when to turn.
final class TransportHarness {
    let kind: TransportKind
    let context: TransportContext
    let transport: any HTTPTransport
    let loop: EventLoop
    /// Host and port of the target's URL.
    let authority: String
    private var ended: [Exchange] = []

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A transport to scripted servers on one port.
    /// - Parameter options: changes to: 4 connections, 5 s, 1 MiB, no wait between handshakes, verified TLS.
    init(
        _ kind: TransportKind, port: UInt16, request: RenderedRequest = .get(),
        ground: TLSGround.Kind = .good, name: String? = nil, peers: [SocketAddress]? = nil,
        options change: (inout TransportOptions) -> Void = { _ in },
        curl changeCurl: (inout CurlOptions) -> Void = { _ in },
        wall: @escaping () -> Int64 = Clock.wall
    ) throws {
        self.kind = kind
        try StampGround.shared.get()
        loop = try EventLoop()
        context = TransportContext(loop: loop, wall: wall)
        var options = TransportOptions(
            connections: 4, inFlight: 4, timeout: .seconds(5), bodyMax: 1 << 20,
            handshakeInterval: .zero, tls: nil)
        var host = "127.0.0.1"
        var connectPort = port
        if kind.isTLS {
            let tls = try TLSGround.shared.get()
            host = name ?? TLSGround.name(for: port)
            connectPort = tls.port(ground)
            options.tls = TLSOptions(serverName: host)
            options.tls?.ca = tls.ca
        }
        authority = "\(host):\(connectPort)"
        change(&options)
        if kind.isCurl {
            var curl = CurlOptions(
                url: "\(kind.isTLS ? "https" : "http")://\(host):\(connectPort)",
                resolvedHost: host, resolvedPort: connectPort)
            changeCurl(&curl)
            transport = CurlTransport(options, curl, load: 7, request: request, context: context)
        } else {
            transport = DirectTransport(options, load: 7, request: request, context: context)
        }
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: connectPort))
        transport.setPeers(peers ?? [address])
    }

    deinit { loop.detachAll() }

    // MARK: Driving

    func start(intended: Instant? = nil, mayOpen: Bool = true) -> StartResult {
        let now = Clock.now()
        return transport.start(intended: intended ?? now, now: now, mayOpen: mayOpen)
    }

    /// Starts a request that nothing may hold up.
    func mustStart(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let result = start()
        guard case .started = result else {
            Issue.record("not started: \(result)", sourceLocation: sourceLocation)
            throw Failure(description: "not started: \(result)")
        }
    }

    /// One turn of a worker, at most until an instant.
    func turn(until limit: Instant) {
        let now = Clock.now()
        if context.nextDeadline <= now { context.expire(now: now) }
        if transport.nextDeadline <= now { transport.expire(now: now) }
        let known = ended.count
        collect()
        if ended.count > known { return }
        loop.turn(until: min(limit, context.nextDeadline, transport.nextDeadline))
        collect()
    }

    /// Collects what is there and expires what is due, without sleeping.
    func glance() {
        turn(until: .distantPast)
        turn(until: .distantPast)
    }

    /// Turns until a number of requests has ended, ten seconds at most.
    func run(
        until count: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [Exchange] {
        let limit = Clock.now() + .seconds(10)
        collect()
        while ended.count < count, Clock.now() < limit { turn(until: limit) }
        defer { ended = [] }
        guard ended.count >= count else {
            Issue.record(
                "\(ended.count) of \(count) requests ended within 10 s",
                sourceLocation: sourceLocation)
            throw Failure(description: "requests did not end")
        }
        return ended
    }

    /// Turns until something has become true, ten seconds at most.
    func run(
        untilTrue isTrue: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let limit = Clock.now() + .seconds(10)
        while !isTrue() {
            guard Clock.now() < limit else { throw Failure(description: "it never became true") }
            turn(until: Clock.now() + .milliseconds(2))
        }
    }

    /// Waits, without a turn, until something has become true, ten seconds at most.
    func wait(untilTrue isTrue: () -> Bool) throws {
        let limit = Clock.now() + .seconds(10)
        while !isTrue() {
            guard Clock.now() < limit else { throw Failure(description: "it never became true") }
            Clock.sleep(until: Clock.now() + .microseconds(200))
        }
    }

    /// Starts one request and sees it through.
    func exchange(sourceLocation: SourceLocation = #_sourceLocation) throws -> Exchange {
        try mustStart(sourceLocation: sourceLocation)
        let all = try run(until: 1, sourceLocation: sourceLocation)
        #expect(all.count == 1, sourceLocation: sourceLocation)
        expectOrder(all[0], sourceLocation: sourceLocation)
        return all[0]
    }

    private func collect() { context.completions.drain { ended.append($0) } }
}

/// intendedStart <= actualStart <= sendStart <= firstByte <= end, as far as they happened; of the right load.
func expectOrder(_ one: Exchange, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(one.load == 7, sourceLocation: sourceLocation)
    #expect(one.intendedStart > .distantPast, sourceLocation: sourceLocation)
    #expect(one.intendedStart <= one.actualStart, sourceLocation: sourceLocation)
    #expect(one.end >= one.actualStart, sourceLocation: sourceLocation)
    #expect(one.end <= Clock.now(), sourceLocation: sourceLocation)
    #expect(one.end - one.actualStart < .seconds(10), sourceLocation: sourceLocation)
    #expect(one.connectTime >= .zero && one.tlsTime >= .zero, sourceLocation: sourceLocation)
    if one.sendStart != .notYet {
        #expect(one.sendStart >= one.actualStart, sourceLocation: sourceLocation)
    }
    if one.firstByte != .notYet {
        #expect(one.firstByte >= one.actualStart, sourceLocation: sourceLocation)
        #expect(one.firstByte <= one.end, sourceLocation: sourceLocation)
    }
    if one.outcome == .ok {
        #expect(one.firstByte >= one.sendStart, sourceLocation: sourceLocation)
        #expect(one.sendStart != .notYet, sourceLocation: sourceLocation)
    }
}

extension RenderedRequest {
    static func get(_ path: String = "/", method: String = "GET", body: [UInt8] = [])
        -> RenderedRequest
    {
        RenderedRequest(
            method: method, path: path, authority: "test", userAgent: "ballast-test", headers: [],
            body: body)
    }
}

/// Starts a scripted server, lets the body use it, and stops it whatever happens.
func withServer<Result>(
    ip: String = "127.0.0.1", port: UInt16 = 0, unix: String? = nil, backlog: Int32 = 128,
    _ script: HostileServer.Script?, _ body: (HostileServer) throws -> Result
) throws -> Result {
    let server = try HostileServer(
        ip: ip, port: port, unix: unix, backlog: backlog, script)
    defer { server.stop() }
    return try body(server)
}

/// A small whole answer that keeps its connection.
let plainAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
