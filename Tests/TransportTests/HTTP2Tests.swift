import Foundation
import Reactor
import TestSupport
import Testing
import Time
import Transport

/// HTTP/2 by the curl transport, over TLS and with prior knowledge, against nghttpd.
@Suite(.serialized) struct HTTP2Tests {
    /// nghttpd with one file of five bytes, at `/file`.
    private struct Target {
        let process = Process()
        let port: UInt16
        let folder: URL
        private let output: URL

        init(tls: Bool, ip: String = "127.0.0.1", port given: UInt16? = nil) throws {
            let ground = try TLSGround.shared.get()
            port = try given ?? Sockets.unusedPort()
            folder = FileManager.default.temporaryDirectory
                .appending(path: "ballast-h2-\(UInt32.random(in: 0...(.max)))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data("hello".utf8).write(to: folder.appending(path: "file"))
            output = folder.appending(path: "log")
            _ = FileManager.default.createFile(atPath: output.path, contents: nil)
            process.executableURL = URL(filePath: "/usr/sbin/nghttpd")
            process.arguments =
                ["-v", "--no-content-length", "-a", ip, "-d", folder.path]
                + (tls ? [] : ["--no-tls"]) + ["\(port)"]
                + (tls ? [ground.key("good"), ground.certificate("good")] : [])
            process.standardOutput = try FileHandle(forWritingTo: output)
            try process.run()
            for _ in 0..<500 where Sockets.connect(ip: ip, port: port).map({ close($0) }) == nil {
                usleep(10_000)
            }
        }

        /// How many requests it says to have got.
        var requests: Int {
            let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
            return text.components(separatedBy: ":path: /").count - 1
        }

        func stop() {
            kill(process.processIdentifier, SIGKILL)  // it inherits a mask that blocks SIGTERM
            process.waitUntilExit()
            try? FileManager.default.removeItem(at: folder)
        }
    }

    private static func harness(
        _ target: Target, tls: Bool, _ version: CurlOptions.Version = .http2,
        connections: Int = 1, path: String = "/file", peers: [SocketAddress]? = nil,
        _ change: (inout CurlOptions) -> Void = { _ in }
    ) throws -> TransportHarness {
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: target.port))
        return try TransportHarness(
            tls ? .curlTLS : .curl, port: target.port, request: .get(path),
            peers: peers ?? [address]
        ) {
            $0.connections = connections
            $0.inFlight = 100
        } curl: {
            if tls { $0 = $0.to(target.port) }
            $0.version = version
            change(&$0)
        }
    }

    @Test(arguments: [true, false])
    func `requests follow each other on one connection`(_ tls: Bool) throws {
        let target = try Target(tls: tls)
        defer { target.stop() }
        let harness = try Self.harness(target, tls: tls)
        for round in 0..<5 {
            let one = try harness.exchange()
            #expect(one.outcome == .ok, "\(harness.transport.describe(one))")
            #expect(one.status == 200)
            #expect(one.opened == (round == 0))
            #expect(one.bytesReceived > 5)
            #expect(one.tlsTime > .zero || !tls || round > 0)
        }
        #expect(harness.transport.connections.idle == 1)
        harness.transport.setRequest(.get("/nothing"))
        #expect(try harness.exchange().status == 404)
        try harness.run(untilTrue: { target.requests == 6 })
    }

    @Test(arguments: [true, false])
    func `many streams share one connection`(_ tls: Bool) throws {
        let target = try Target(tls: tls)
        defer { target.stop() }
        let harness = try Self.harness(target, tls: tls)
        #expect(try harness.exchange().outcome == .ok)
        for _ in 0..<3 {
            for _ in 0..<60 { try harness.mustStart() }
            let all = try harness.run(until: 60)
            for one in all { expectOrder(one) }
            #expect(all.allSatisfy { $0.outcome == .ok && $0.status == 200 && !$0.opened })
        }
        let counts = harness.transport.connections
        #expect(counts.idle + counts.active == 1)
        try harness.run(untilTrue: { target.requests == 181 })
    }

    @Test(arguments: [true, false])
    func `a first burst waits for one connection`(_ tls: Bool) throws {
        let target = try Target(tls: tls)
        defer { target.stop() }
        let harness = try Self.harness(target, tls: tls)
        var started = 0
        for _ in 0..<30 { if case .started = harness.start() { started += 1 } }
        let all = try harness.run(until: started)
        #expect(all.allSatisfy { $0.outcome == .ok })
        #expect(all.filter(\.opened).count == 1)
        #expect(started == 30)
    }

    @Test(arguments: [true, false])
    func `requests take turns over the addresses, each on one connection`(_ tls: Bool) throws {
        let first = try Target(tls: tls)
        defer { first.stop() }
        let second = try Target(tls: tls, ip: "127.0.0.2", port: first.port)
        defer { second.stop() }
        let addresses = try ["127.0.0.1", "127.0.0.2"].map {
            try #require(SocketAddress(ip: $0, port: first.port))
        }
        let harness = try Self.harness(first, tls: tls, connections: 4, peers: addresses) {
            $0.url = "\(tls ? "https" : "http")://two.ballast.test:\(first.port)"
            $0.resolvedHost = "two.ballast.test"
        }
        for round in 0..<20 {
            let one = try harness.exchange()
            #expect(one.outcome == .ok && one.opened == (round < 2))
        }
        for _ in 0..<20 { try harness.mustStart() }
        #expect(try harness.run(until: 20).allSatisfy { $0.outcome == .ok && !$0.opened })
        try harness.run(untilTrue: { first.requests + second.requests == 40 })
        #expect(first.requests == 20)
    }

    @Test func `a target that goes away is reset or refused, and then fine again`() throws {
        let target = try Target(tls: false)
        let harness = try Self.harness(target, tls: false)
        #expect(try harness.exchange().outcome == .ok)
        target.stop()
        let first = try harness.exchange()
        #expect([.refused, .reset].contains(first.outcome))
        let second = try harness.exchange()
        #expect(second.outcome == .refused, "\(harness.transport.describe(second))")
    }

    @Test(arguments: TransportKind.plain.filter(\.isCurl))
    func `automatic speaks HTTP/1.1 where there is no TLS`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(kind, port: server.port) { _ in
            } curl: {
                $0.version = .automatic
            }
            for _ in 0..<2 { #expect(try harness.exchange().outcome == .ok) }
            #expect(server.seen.connections == 1)
        }
    }

    @Test func `automatic takes what TLS negotiates`() throws {
        let target = try Target(tls: true)
        defer { target.stop() }
        let harness = try Self.harness(target, tls: true, .automatic)
        for _ in 0..<2 { #expect(try harness.exchange().outcome == .ok) }
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let old = try TransportHarness(.curlTLS, port: server.port) { _ in
            } curl: {
                $0.version = .automatic
            }
            for _ in 0..<2 { #expect(try old.exchange().outcome == .ok) }
            #expect(server.seen.requests.count == 2)
        }
    }

    @Test func `a server that speaks HTTP/1.1 to prior knowledge is a failure`() throws {
        try withServer({ connection throws(Hangup) in
            try connection.read(24)
            try connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        }) { server in
            let harness = try TransportHarness(.curl, port: server.port) { _ in
            } curl: {
                $0.version = .http2
            }
            for _ in 0..<2 {
                let one = try harness.exchange()
                #expect(
                    [.protocolError, .reset].contains(one.outcome),
                    "\(one.outcome) \(harness.transport.describe(one))")
                #expect(server.waits { $0.open == 0 })
                try harness.run(untilTrue: { harness.transport.connections.idle == 0 })
            }
        }
    }
}
