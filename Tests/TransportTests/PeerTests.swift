import Reactor
import TestSupport
import Testing
import Time
import Transport

/// Several addresses, and addresses that come and go.
struct PeerTests {
    private static func withTwo(
        _ body: (HostileServer, HostileServer, [SocketAddress]) throws -> Void
    ) throws {
        let script: HostileServer.Script = { connection throws(Hangup) in
            try connection.serve(plainAnswer)
        }
        try withServer(ip: "127.0.0.1", script) { first in
            try withServer(ip: "127.0.0.2", port: first.port, script) { second in
                let addresses = ["127.0.0.1", "127.0.0.2"].map {
                    SocketAddress(ip: $0, port: first.port)!
                }
                try body(first, second, addresses)
            }
        }
    }

    private static func harness(
        _ kind: TransportKind, _ port: UInt16, _ peers: [SocketAddress]
    ) throws -> TransportHarness {
        try TransportHarness(kind, port: port, peers: peers) {
            $0.connections = 8
            $0.inFlight = 8
        } curl: {
            $0.url = "http://two.ballast.test:\(port)"
            $0.resolvedHost = "two.ballast.test"
        }
    }

    @Test(arguments: TransportKind.plain)
    func `connections spread over the addresses`(_ kind: TransportKind) throws {
        try Self.withTwo { first, second, addresses in
            let harness = try Self.harness(kind, first.port, addresses)
            for _ in 0..<8 { try harness.mustStart() }
            #expect(try harness.run(until: 8).allSatisfy { $0.outcome == .ok })
            #expect(first.seen.requests.count == 4)
            #expect(second.seen.requests.count == 4)
            #expect(first.seen.connections <= 4 && second.seen.connections <= 4)
        }
    }

    @Test(arguments: TransportKind.plain)
    func `connections to an address that vanished are drained`(_ kind: TransportKind) throws {
        try Self.withTwo { first, second, addresses in
            let harness = try Self.harness(kind, first.port, [addresses[0]])
            for _ in 0..<4 { try harness.mustStart() }
            _ = try harness.run(until: 4)
            #expect(first.seen.open == 4)
            // One is in flight when the address goes: it ends as it would have.
            try harness.mustStart()
            harness.transport.setPeers([addresses[1]])
            #expect(try harness.run(until: 1)[0].outcome == .ok)
            #expect(first.waits { $0.open == 0 })
            let served = first.seen.requests.count
            #expect(served == 5)
            for _ in 0..<3 { #expect(try harness.exchange().outcome == .ok) }
            #expect(first.seen.requests.count == served)
            #expect(second.seen.requests.count == 3)
        }
    }

    @Test(arguments: TransportKind.plain, ["[::1]", "six.ballast.test"])
    func `an IPv6 address is a peer like any other`(_ kind: TransportKind, _ host: String) throws {
        try withServer(
            ip: "::1", { connection throws(Hangup) in try connection.serve(plainAnswer) }
        ) { server in
            let address = try #require(SocketAddress(ip: "::1", port: server.port))
            let harness = try TransportHarness(kind, port: server.port, peers: [address]) { _ in
            } curl: {
                $0.url = "http://\(host):\(server.port)"
                $0.resolvedHost = host == "[::1]" ? "::1" : host
            }
            for _ in 0..<2 {
                let one = try harness.exchange()
                #expect(one.outcome == .ok, "\(harness.transport.describe(one))")
                if kind == .direct { #expect(one.stamped) }
            }
            #expect(server.seen.requests.count == 2)
        }
    }

    @Test(arguments: TransportKind.secure)
    func `a handshake with an IPv6 address verifies the name`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let port = try TLSGround.shared.get().port(.good)
            let address = try #require(SocketAddress(ip: "::1", port: port))
            let harness = try TransportHarness(kind, port: server.port, peers: [address])
            let one = try harness.exchange()
            #expect(one.outcome == .ok, "\(harness.transport.describe(one))")
            #expect(one.tlsTime > .zero)
        }
    }

    @Test(arguments: TransportKind.plain)
    func `without addresses the next request ends as dns, until there are some`(
        _ kind: TransportKind
    ) throws {
        try Self.withTwo { first, _, addresses in
            let harness = try Self.harness(kind, first.port, [addresses[0]])
            #expect(try harness.exchange().outcome == .ok)
            harness.transport.setPeers([])
            #expect(try harness.exchange().outcome == .dns)
            harness.transport.setPeers([addresses[0]])
            #expect(try harness.exchange().outcome == .ok)
            #expect(first.seen.requests.count == 2)
        }
    }
}
