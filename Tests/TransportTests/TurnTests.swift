import Reactor
import TestSupport
import Testing
import Time
import Transport

/// Requests of the direct transport take turns over the addresses, whatever these do.
struct TurnTests {
    /// Two servers of one port, each with its own script, and their addresses.
    private static func withTwo(
        _ first: @escaping HostileServer.Script, _ second: @escaping HostileServer.Script,
        _ body: (HostileServer, HostileServer, [SocketAddress]) throws -> Void
    ) throws {
        try withServer(ip: "127.0.0.1", first) { one in
            try withServer(ip: "127.0.0.2", port: one.port, second) { other in
                try body(one, other, Self.addresses(["127.0.0.1", "127.0.0.2"], one.port))
            }
        }
    }

    private static let plain: HostileServer.Script = { connection throws(Hangup) in
        try connection.serve(plainAnswer)
    }

    /// Answers when the gate is open.
    private static func gated(_ gate: Locked<Bool>) -> HostileServer.Script {
        { connection throws(Hangup) in
            while true {
                try connection.readRequest()
                while !gate.withLock({ $0 }) { try connection.pause(milliseconds: 2) }
                try connection.send(plainAnswer)
            }
        }
    }

    private static func addresses(_ hosts: [String], _ port: UInt16) -> [SocketAddress] {
        hosts.map { SocketAddress(ip: $0, port: port)! }
    }

    private static func harness(
        _ port: UInt16, _ peers: [SocketAddress], connections: Int = 4
    ) throws -> TransportHarness {
        try TransportHarness(.direct, port: port, peers: peers) {
            $0.connections = connections
            $0.inFlight = connections
        }
    }

    @Test(arguments: [TransportKind.direct, .directTLS])
    func `one that refuses gets its share, and no more`(_ kind: TransportKind) throws {
        try withServer(Self.plain) { server in
            let port = kind.isTLS ? try TLSGround.shared.get().port(.good) : server.port
            // Nobody listens at the second address.
            let harness = try TransportHarness(
                kind, port: server.port, peers: Self.addresses(["127.0.0.1", "127.0.0.9"], port))
            let outcomes = try (0..<40).map { _ in try harness.exchange().outcome }
            #expect(outcomes == (0..<40).map { $0 % 2 == 0 ? .ok : .refused })
            #expect(server.seen.connections == 1)
            // While answers are slow too.
            for _ in 0..<10 {
                for _ in 0..<4 { try harness.mustStart() }
                let ended = try harness.run(until: 4).map(\.outcome)
                #expect(ended.count { $0 == .refused } == 2)
                #expect(ended.count { $0 == .ok } == 2)
            }
            #expect(server.seen.requests.count == 40)
        }
    }

    @Test func `one that hangs gets what its share of the connections holds, and no more`() throws {
        let gate = Locked(false)
        try Self.withTwo(Self.plain, Self.gated(gate)) { first, second, addresses in
            let harness = try Self.harness(first.port, addresses)
            var ended = 0
            for _ in 0..<4 {
                try harness.mustStart()
                try harness.mustStart()
                ended += try harness.run(until: ended < 2 ? 1 : 2).count
            }
            #expect(ended == 6)
            #expect(first.seen.requests.count == 6)
            #expect(second.waits { $0.requests.count == 2 })
            #expect(second.seen.connections == 2)
            // Once it answers again it has its turns again, and none to make up for.
            gate.withLock { $0 = true }
            _ = try harness.run(until: 2)
            for _ in 0..<10 { #expect(try harness.exchange().outcome == .ok) }
            #expect(first.seen.requests.count == 11)
            #expect(second.seen.requests.count == 7)
        }
    }

    @Test func `a stall that its share of the connections outlasts leaves all shares even`() throws
    {
        let gate = Locked(false)
        try Self.withTwo(Self.plain, Self.gated(gate)) { first, second, addresses in
            let harness = try Self.harness(first.port, addresses, connections: 8)
            for _ in 0..<4 {
                try harness.mustStart()
                try harness.mustStart()
                _ = try harness.run(until: 1)
            }
            gate.withLock { $0 = true }
            _ = try harness.run(until: 4)
            for _ in 0..<12 { #expect(try harness.exchange().outcome == .ok) }
            #expect(first.seen.requests.count == 10)
            #expect(second.seen.requests.count == 10)
        }
    }

    @Test func `one that is added has its share at once, though a stall had filled the pool`()
        throws
    {
        let gate = Locked(false)
        try Self.withTwo(Self.gated(gate), Self.plain) { first, second, addresses in
            let harness = try Self.harness(first.port, [addresses[0]])
            for _ in 0..<4 { try harness.mustStart() }
            try harness.run(untilTrue: { first.seen.requests.count == 4 })
            harness.transport.setPeers(addresses)
            #expect(harness.start() == .held(by: .connections, until: .distantFuture))
            gate.withLock { $0 = true }
            _ = try harness.run(until: 4)
            #expect(harness.transport.connections.idle == 4)
            for _ in 0..<20 { #expect(try harness.exchange().outcome == .ok) }
            #expect(first.seen.requests.count == 14)
            #expect(second.seen.requests.count == 10)
            #expect(second.seen.connections == 1)
            // One idle connection gave way, not more.
            #expect(first.waits { $0.open == 3 })
            #expect(first.seen.connections == 4)
            #expect(harness.transport.connections.idle == 4)
            // The first one goes: the second has all.
            harness.transport.setPeers([addresses[1]])
            for _ in 0..<4 { #expect(try harness.exchange().outcome == .ok) }
            #expect(second.seen.requests.count == 14)
            #expect(first.waits { $0.open == 0 })
        }
    }

    @Test func `one that is added has its share with TLS too`() throws {
        let gate = Locked(false)
        try withServer(Self.gated(gate)) { server in
            let port = try TLSGround.shared.get().port(.good)
            let addresses = Self.addresses(["127.0.0.1", "::1"], port)
            let harness = try TransportHarness(.directTLS, port: server.port, peers: [addresses[0]])
            for _ in 0..<4 { try harness.mustStart() }
            try harness.run(untilTrue: { server.seen.requests.count == 4 })
            gate.withLock { $0 = true }
            _ = try harness.run(until: 4)
            harness.transport.setPeers(addresses)
            for _ in 0..<20 { #expect(try harness.exchange().outcome == .ok) }
            // Behind both addresses is one server: its fifth connection is the new address'.
            #expect(server.seen.connections == 5)
            #expect(server.seen.carriers.count { $0 == 4 } == 10)
            #expect(server.waits { $0.open == 4 })
        }
    }

    @Test func `it is the turn of one without a connection, so an idle one elsewhere waits`() throws
    {
        try Self.withTwo(Self.plain, Self.plain) { first, second, addresses in
            let harness = try Self.harness(first.port, addresses)
            #expect(try harness.exchange().outcome == .ok)
            #expect(harness.start(mayOpen: false) == .wantsConnection)
            #expect(harness.start(mayOpen: false) == .wantsConnection)
            #expect(try harness.exchange().opened)
            #expect(first.seen.requests.count == 1)
            #expect(second.seen.requests.count == 1)
            // Now both have one.
            for _ in 0..<2 {
                guard case .started = harness.start(mayOpen: false) else {
                    Issue.record("an idle connection was not used")
                    return
                }
                #expect(try harness.run(until: 1)[0].opened == false)
            }
        }
    }

    @Test func `fewer connections than addresses are shared out in time`() throws {
        try Self.withTwo(Self.plain, Self.plain) { first, second, addresses in
            let harness = try Self.harness(first.port, addresses, connections: 1)
            for _ in 0..<10 { #expect(try harness.exchange().outcome == .ok) }
            #expect(first.seen.requests.count == 5)
            #expect(second.seen.requests.count == 5)
            #expect(first.waits { $0.open == 0 })
            #expect(second.waits { $0.open == 1 })
            #expect(harness.transport.connections.idle == 1)
        }
    }

    @Test
    func `while the connect rate holds its handshake back, another's idle connection is used`()
        throws
    {
        try withServer(Self.plain) { server in
            let port = try TLSGround.shared.get().port(.good)
            let addresses = Self.addresses(["127.0.0.1", "::1"], port)
            let harness = try TransportHarness(.directTLS, port: server.port, peers: addresses) {
                $0.handshakeInterval = .seconds(60)
            }
            for _ in 0..<3 { #expect(try harness.exchange().outcome == .ok) }
            #expect(server.seen.carriers == [0, 0, 0])
            try harness.mustStart()
            guard case .held(by: .connectRate, _) = harness.start() else {
                Issue.record("a second handshake began at once")
                return
            }
            #expect(try harness.run(until: 1)[0].outcome == .ok)
        }
    }

    @Test func `without an address the connect rate holds nothing back`() throws {
        try withServer(Self.plain) { server in
            let harness = try TransportHarness(.directTLS, port: server.port, peers: []) {
                $0.handshakeInterval = .seconds(60)
            }
            for _ in 0..<3 { #expect(try harness.exchange().outcome == .dns) }
            // Nor did these use up what the first handshake needs.
            let port = try TLSGround.shared.get().port(.good)
            harness.transport.setPeers(Self.addresses(["127.0.0.1"], port))
            #expect(try harness.exchange().outcome == .ok)
        }
    }
}
