import Glibc
import Reactor
import TestSupport
import Testing
import Time

@testable import Transport

/// Which address the requests of the curl transport go to.
struct CurlPeerTests {
    private static let plain: HostileServer.Script = { connection throws(Hangup) in
        try connection.serve(plainAnswer)
    }

    /// Servers on one port of several addresses.
    private static func withServers(
        _ scripts: [HostileServer.Script], port: UInt16 = 0, _ seen: [HostileServer] = [],
        _ body: ([HostileServer]) throws -> Void
    ) throws {
        guard seen.count < scripts.count else { return try body(seen) }
        let ip = "127.0.0.\(seen.count + 1)"
        try withServer(ip: ip, port: port, scripts[seen.count]) { server in
            try withServers(scripts, port: server.port, seen + [server], body)
        }
    }

    private static func addresses(_ servers: [HostileServer]) -> [SocketAddress] {
        servers.indices.map { SocketAddress(ip: "127.0.0.\($0 + 1)", port: servers[0].port)! }
    }

    private static func harness(
        _ port: UInt16, _ peers: [SocketAddress], connections: Int = 6,
        _ change: (inout CurlOptions) -> Void = { _ in }
    ) throws -> TransportHarness {
        try TransportHarness(.curl, port: port, peers: peers) {
            $0.connections = connections
            $0.inFlight = connections
        } curl: {
            $0.url = "http://many.ballast.test:\(port)"
            $0.resolvedHost = "many.ballast.test"
            $0.resolvedPort = port
            change(&$0)
        }
    }

    @Test func `requests take turns over the addresses, one at a time or many`() throws {
        try Self.withServers([Self.plain, Self.plain, Self.plain]) { servers in
            let harness = try Self.harness(servers[0].port, Self.addresses(servers))
            for _ in 0..<30 { #expect(try harness.exchange().outcome == .ok) }
            #expect(servers.map(\.seen.requests.count) == [10, 10, 10])
            #expect(servers.map(\.seen.connections) == [1, 1, 1])
            for _ in 0..<6 { try harness.mustStart() }
            _ = try harness.run(until: 6)
            #expect(servers.map(\.seen.requests.count) == [12, 12, 12])
            #expect(servers.allSatisfy { $0.seen.connections <= 2 })
        }
    }

    @Test func `an address that refuses gets its even share, and no more`() throws {
        try Self.withServers([Self.plain, Self.plain, Self.plain]) { servers in
            let harness = try Self.harness(servers[0].port, Self.addresses(servers))
            servers[1].stopListening()
            let outcomes = try (0..<30).map { _ in try harness.exchange().outcome }
            #expect(outcomes.count { $0 == .refused } == 10)
            #expect(outcomes.count { $0 == .ok } == 20)
            #expect(servers[0].seen.requests.count == 10)
        }
    }

    @Test func `an address that hangs holds no more than its share of the connections`() throws {
        let mute: HostileServer.Script = { connection throws(Hangup) in try connection.hang() }
        try Self.withServers([Self.plain, mute]) { servers in
            let harness = try Self.harness(servers[0].port, Self.addresses(servers))
            // Its share of six is three: then the other one gets all.
            var started = 0
            try harness.run(untilTrue: {
                if case .started = harness.start() { started += 1 }
                return started == 8
            })
            try harness.run(untilTrue: { servers[0].seen.requests.count == 5 })
            #expect(servers[1].waits { $0.connections == 3 })
        }
    }

    @Test func `a new address gets its share though the connections are all taken`() throws {
        try Self.withServers([Self.plain, Self.plain]) { servers in
            let addresses = Self.addresses(servers)
            let harness = try Self.harness(servers[0].port, [addresses[0]])
            for _ in 0..<6 { try harness.mustStart() }
            _ = try harness.run(until: 6)
            #expect(servers[0].seen.open == 6)
            harness.transport.setPeers(addresses)
            for _ in 0..<20 { #expect(try harness.exchange().outcome == .ok) }
            #expect(servers.map(\.seen.requests.count) == [16, 10])
            let counts = harness.transport.connections
            #expect(counts.idle + counts.active <= 6)
            // The same addresses in another order are no news.
            harness.transport.setPeers(addresses.reversed())
            for _ in 0..<2 { _ = try harness.exchange() }
            #expect(servers.map(\.seen.requests.count) == [17, 11])
        }
    }

    @Test func `idle connections to an address that went are ended at once`() throws {
        try Self.withServers([Self.plain, Self.plain]) { servers in
            let addresses = Self.addresses(servers)
            let harness = try Self.harness(servers[0].port, addresses)
            for _ in 0..<2 { _ = try harness.exchange() }
            #expect(servers.map(\.seen.open) == [1, 1])
            harness.transport.setPeers([addresses[0]])
            #expect(servers[1].waits { $0.open == 0 })
            #expect(servers[0].seen.open == 1)
        }
    }

    @Test func `an address that has its share takes none from another`() throws {
        let addresses = ["127.0.0.1", "127.0.0.2"].map { SocketAddress(ip: $0, port: 80) }
        let options = CurlOptions(
            url: "http://two.test", resolvedHost: "two.test", resolvedPort: 80)
        var peers = CurlPeers(connections: 6, perConnection: 1)
        _ = peers.replace(addresses) { CurlSteering(options, to: $0) }
        for _ in 0..<3 {
            peers.opened(0)
            peers.began(0)
            peers.opened(1)
            peers.began(1)
        }
        peers.opened(1)
        #expect(peers.next(open: 6, mayOpen: true, mayOpenYet: true) == .use(1))
        // One that has less does, from the idle one.
        peers.closed(0)
        #expect(peers.next(open: 6, mayOpen: true, mayOpenYet: true) == .replace(0, from: 1))
        #expect(peers.next(open: 6, mayOpen: false, mayOpenYet: true) == .use(1))
    }

    @Test(arguments: ["http", "socks5"])
    func `a proxy's addresses take turns`(_ scheme: String) throws {
        // What a SOCKS 5 server answers to a greeting and to a request.
        let socks: HostileServer.Script = { connection throws(Hangup) in
            try connection.read(3)
            try connection.send([5, 0])
            try connection.read(10)
            try connection.send([5, 0, 0, 1, 127, 0, 0, 1, 0, 80])
            try connection.serve(plainAnswer)
        }
        let script = scheme == "http" ? Self.plain : socks
        try Self.withServers([script, script]) { servers in
            let port = servers[0].port
            let harness = try Self.harness(port, Self.addresses(servers)) {
                $0.url = "http://127.0.0.9:1"
                $0.proxy = "\(scheme)://user:word@many.ballast.test"
            }
            for _ in 0..<6 {
                let one = try harness.exchange()
                #expect(one.outcome == .ok, "\(harness.transport.describe(one))")
            }
            #expect(servers.map(\.seen.requests.count) == [3, 3])
            #expect(servers.map(\.seen.connections) == [1, 1])
        }
    }

    @Test func `a socket that is not the chosen address is not opened`() throws {
        try Self.withServers([Self.plain, Self.plain]) { servers in
            let addresses = Self.addresses(servers)
            let harness = try Self.harness(servers[0].port, [addresses[1]]) {
                // As if libcurl went somewhere else, whatever the reason.
                $0.url = "http://127.0.0.1:\(servers[0].port)"
                $0.resolvedHost = "127.0.0.2"
            }
            #expect(try harness.exchange().outcome == .unreachable)
            #expect(servers.map(\.seen.connections) == [0, 0])
        }
    }
}
