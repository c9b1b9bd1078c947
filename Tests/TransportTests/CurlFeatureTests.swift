import Foundation
import Reactor
import TestSupport
import Testing
import Time
import Transport

/// What only the curl transport does: Unix sockets, redirects, compression, proxies.
struct CurlFeatureTests {
    @Test func `a Unix socket serves, and is refused when it is gone`() throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "ballast-\(UInt32.random(in: 0...(.max))).sock").path
        let unix = try #require(SocketAddress(unixPath: path))
        let harness = try TransportHarness(.curl, port: 80, peers: [unix]) { _ in
        } curl: {
            $0.unix = path
        }
        #expect(try harness.exchange().outcome == .refused)
        try withServer(
            unix: path,
            { connection throws(Hangup) in
                try connection.serve(plainAnswer)
            }
        ) { server in
            for round in 0..<3 {
                let one = try harness.exchange()
                #expect(one.outcome == .ok)
                #expect(one.opened == (round == 0))
            }
            #expect(server.seen.connections == 1)
        }
        #expect(try harness.exchange().outcome == .refused)
    }

    // MARK: Redirects

    private static func redirecting(to place: @escaping @Sendable (String) -> String?)
        -> HostileServer.Script
    {
        { connection throws(Hangup) in
            while true {
                let request = try connection.readRequest()
                let path = String(request.start.split(separator: " ")[1])
                if let place = place(path) {
                    try connection.send(
                        "HTTP/1.1 302 Found\r\nLocation: \(place)\r\nContent-Length: 4\r\n\r\ngone")
                } else {
                    try connection.send(plainAnswer)
                }
            }
        }
    }

    @Test(arguments: [TransportKind.curl, .curlTLS])
    func `each redirect that is followed is an attempt of its own`(_ kind: TransportKind) throws {
        try withServer(Self.redirecting { $0 == "/a" ? "/b" : $0 == "/b" ? "/c" : nil }) {
            server in
            let harness = try TransportHarness(kind, port: server.port, request: .get("/a")) { _ in
            } curl: {
                $0.redirects = 2
            }
            for round in 1...2 {
                try harness.mustStart()
                let all = try harness.run(until: 3)
                #expect(all.count == 3)
                for one in all { expectOrder(one) }
                #expect(all.map(\.isHop) == [true, true, false])
                #expect(all.map(\.status) == [302, 302, 200])
                #expect(all.map(\.outcome) == [.ok, .ok, .ok])
                let head = "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 4\r\n\r\n"
                #expect(all.prefix(2).allSatisfy { $0.bytesReceived >= head.utf8.count })
                #expect(all[0].end <= all[1].actualStart && all[1].end <= all[2].actualStart)
                #expect(server.seen.requests.count == 3 * round)
            }
            #expect(server.seen.requests.prefix(3).map(\.start) == ["GET /a", "GET /b", "GET /c"])
        }
    }

    @Test func `one redirect too many ends as redirect`() throws {
        try withServer(Self.redirecting { _ in "/again" }) { server in
            let harness = try TransportHarness(.curl, port: server.port) { _ in
            } curl: {
                $0.redirects = 2
            }
            try harness.mustStart()
            let all = try harness.run(until: 3)
            #expect(all.map(\.outcome) == [.ok, .ok, .redirect])
            #expect(all.map(\.isHop) == [true, true, false])
            #expect(server.seen.requests.count == 3)
        }
    }

    @Test func `without redirects a 302 is an answer like any other`() throws {
        try withServer(Self.redirecting { _ in "/again" }) { server in
            let harness = try TransportHarness(.curl, port: server.port)
            let one = try harness.exchange()
            #expect(one.outcome == .ok && one.status == 302 && !one.isHop)
            #expect(server.seen.requests.count == 1)
        }
    }

    @Test func `a redirect to another address is not followed`() throws {
        try withServer(
            ip: "127.0.0.2",
            { connection throws(Hangup) in
                try connection.serve(plainAnswer)
            }
        ) { stranger in
            let place = "http://127.0.0.2:\(stranger.port)/x"
            try withServer(Self.redirecting { _ in place }) { server in
                let harness = try TransportHarness(.curl, port: server.port) { _ in
                } curl: {
                    $0.redirects = 3
                }
                for _ in 0..<2 {
                    let one = try harness.exchange()
                    #expect(one.outcome == .redirect)
                    #expect(!one.isHop)
                }
                #expect(stranger.seen.requests.isEmpty)
                #expect(server.seen.requests.count == 2)
            }
        }
    }

    @Test func `what follows a redirect to another address ends as itself`() throws {
        try withServer(ip: "127.0.0.2", { connection throws(Hangup) in try connection.hang() }) {
            stranger in
            let place = "http://127.0.0.2:\(stranger.port)/x"
            try withServer({ connection throws(Hangup) in
                try connection.readRequest()
                if connection.number > 0 { return }
                try connection.send(
                    "HTTP/1.1 302 Found\r\nLocation: \(place)\r\nConnection: close\r\n"
                        + "Content-Length: 0\r\n\r\n")
            }) { server in
                let harness = try TransportHarness(.curl, port: server.port) { _ in
                } curl: {
                    $0.redirects = 3
                }
                #expect(try harness.exchange().outcome == .redirect)
                // Its connection closes without an answer.
                let second = try harness.exchange().outcome
                #expect(second != .ok && second != .redirect)
            }
        }
    }

    @Test func `a redirect loses no request when its connection closes`() throws {
        try withServer({ connection throws(Hangup) in
            let request = try connection.readRequest()
            try connection.send(
                request.start == "GET /"
                    ? "HTTP/1.1 302 Found\r\nLocation: /b\r\nConnection: close\r\n"
                        + "Content-Length: 0\r\n\r\n" : plainAnswer)
        }) { server in
            let harness = try TransportHarness(.curl, port: server.port) { _ in
            } curl: {
                $0.redirects = 1
            }
            try harness.mustStart()
            let all = try harness.run(until: 2)
            #expect(all.map(\.outcome) == [.ok, .ok])
            #expect(server.seen.requests.count == 2)
        }
    }

    // MARK: Compression

    @Test func `a compressed answer is asked for and unpacked`() throws {
        // "hello" as gzip -n makes it.
        let packed: [UInt8] = [
            0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 7, 0, 0x86, 0xA6,
            0x10, 0x36, 5, 0, 0, 0,
        ]
        try withServer({ connection throws(Hangup) in
            var broken = false
            while true {
                let request = try connection.readRequest()
                guard request.header("accept-encoding")?.contains("gzip") == true else { return }
                try connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n")
                try connection.send(broken ? Array(packed.reversed()) : packed)
                broken = true
            }
        }) { server in
            let harness = try TransportHarness(.curl, port: server.port) { _ in
            } curl: {
                $0.compression = true
            }
            let one = try harness.exchange()
            #expect(one.outcome == .ok)
            #expect(one.bytesReceived == 63 + 25)
            #expect(try harness.exchange().outcome == .protocolError)
        }
    }

    // MARK: Proxies

    @Test func `a plain request goes to the proxy in absolute form`() throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            proxy in
            let harness = try Self.harness(.curl, behind: proxy, target: 1)
            for _ in 0..<2 { #expect(try harness.exchange().outcome == .ok) }
            #expect(
                proxy.seen.requests.map(\.start)
                    == Array(repeating: "GET http://127.0.0.1:1/", count: 2))
            #expect(proxy.seen.connections == 1)
        }
    }

    @Test func `https goes through a tunnel`() throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let terminator = try TLSGround.shared.get().port(.good)
            try withServer({ connection throws(Hangup) in
                let request = try connection.readRequest()
                guard request.start.hasPrefix("CONNECT ") else { return }
                try connection.send("HTTP/1.1 200 Established\r\nX-Proxy: 1\r\n\r\n")
                try connection.tunnel(to: terminator)
            }) { proxy in
                let harness = try Self.harness(.curlTLS, behind: proxy, target: server.port)
                for round in 0..<3 {
                    let one = try harness.exchange()
                    #expect(one.outcome == .ok, "\(harness.transport.describe(one))")
                    #expect(!one.isHop && one.status == 200)
                    #expect(one.opened == (round == 0))
                    #expect(one.bytesReceived == plainAnswer.utf8.count)
                }
                #expect(proxy.seen.requests.count == 1)
                #expect(server.seen.requests.count == 3)
            }
        }
    }

    @Test func `a proxy that refuses the tunnel makes its target unreachable`() throws {
        try withServer({ connection throws(Hangup) in
            try connection.serve("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        }) { proxy in
            let harness = try Self.harness(.curlTLS, behind: proxy, target: 1)
            for _ in 0..<2 {
                let one = try harness.exchange()
                #expect(one.outcome == .unreachable, "\(harness.transport.describe(one))")
                #expect(one.status == 0)
            }
        }
    }

    private static func harness(
        _ kind: TransportKind, behind proxy: HostileServer, target: UInt16
    ) throws -> TransportHarness {
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: proxy.port))
        return try TransportHarness(kind, port: target, peers: [address]) { _ in
        } curl: {
            $0.proxy = "http://127.0.0.1:\(proxy.port)"
            $0.resolvedHost = "127.0.0.1"
            $0.resolvedPort = proxy.port
        }
    }
}
