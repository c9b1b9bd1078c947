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
