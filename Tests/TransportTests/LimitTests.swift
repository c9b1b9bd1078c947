import Reactor
import TestSupport
import Testing
import Time
import Transport

/// A load's own limits: what holds up a start, for how long, and what frees it.
struct LimitTests {
    /// Serves each request when the gate opens.
    private static func gated(_ gate: Locked<Bool>) -> HostileServer.Script {
        { connection throws(Hangup) in
            while true {
                try connection.readRequest()
                while !gate.withLock({ $0 }) { try connection.pause(milliseconds: 2) }
                try connection.send(plainAnswer)
            }
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `no more in flight than allowed`(_ kind: TransportKind) throws {
        let gate = Locked(false)
        try withServer(Self.gated(gate)) { server in
            let harness = try TransportHarness(kind, port: server.port) {
                $0.connections = 4
                $0.inFlight = 2
            }
            for _ in 0..<2 { try harness.mustStart() }
            #expect(harness.start() == .held(by: .inFlight, until: .distantFuture))
            gate.withLock { $0 = true }
            _ = try harness.run(until: 2)
            try harness.mustStart()
            #expect(try harness.run(until: 1)[0].outcome == .ok)
            #expect(server.seen.mostOpen == 2)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `no more connections than allowed`(_ kind: TransportKind) throws {
        let gate = Locked(false)
        try withServer(Self.gated(gate)) { server in
            let harness = try TransportHarness(kind, port: server.port) {
                $0.connections = 2
                $0.inFlight = 10
            }
            for _ in 0..<2 { try harness.mustStart() }
            #expect(harness.start() == .held(by: .connections, until: .distantFuture))
            try harness.run(untilTrue: { server.seen.requests.count == 2 })
            #expect(harness.start() == .held(by: .connections, until: .distantFuture))
            #expect(harness.transport.connections.active == 2)
            gate.withLock { $0 = true }
            _ = try harness.run(until: 2)
            #expect(harness.transport.connections.idle == 2)
            // An idle connection needs no permission to open one.
            guard case .started = harness.start(mayOpen: false) else {
                Issue.record("an idle connection was not used")
                return
            }
            let one = try harness.run(until: 1)[0]
            #expect(one.outcome == .ok)
            #expect(!one.opened)
            #expect(server.seen.connections == 2)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `without permission no connection opens`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(kind, port: server.port)
            #expect(harness.start(mayOpen: false) == .wantsConnection)
            harness.glance()
            #expect(server.seen.connections == 0)
            #expect(harness.transport.connections == ConnectionCounts())
            #expect(try harness.exchange().outcome == .ok)
        }
    }

    @Test(arguments: TransportKind.secure)
    func `handshakes are spaced, requests are not`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let spacing = Nanoseconds.seconds(60)
            let harness = try TransportHarness(kind, port: server.port) {
                $0.handshakeInterval = spacing
            }
            let before = Clock.now()
            try harness.mustStart()
            let after = Clock.now()
            guard case .held(by: .connectRate, let until) = harness.start() else {
                Issue.record("a second handshake began at once")
                return
            }
            #expect(until >= before + spacing)
            #expect(until <= after + spacing)
            #expect(try harness.run(until: 1)[0].outcome == .ok)
            #expect(try harness.exchange().opened == false)
            #expect(server.seen.connections == 1)
        }
    }

    @Test(arguments: TransportKind.plain)
    func `plain connects are not spaced`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(kind, port: server.port) {
                $0.handshakeInterval = .seconds(60)
            }
            for _ in 0..<4 { try harness.mustStart() }
            #expect(try harness.run(until: 4).allSatisfy { $0.outcome == .ok })
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `a new request is sent from the next start on`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            while true {
                let request = try connection.readRequest()
                if request.start == "GET /slow" { try connection.pause(milliseconds: 30) }
                try connection.send(
                    request.start.hasPrefix("HEAD")
                        ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" : plainAnswer)
            }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port, request: .get("/slow"))
            #expect(try harness.exchange().outcome == .ok)
            try harness.mustStart()
            // Several changes while a request is in flight.
            for number in 0..<5 { harness.transport.setRequest(.get("/\(number)")) }
            #expect(try harness.run(until: 1)[0].outcome == .ok)
            #expect(try harness.exchange().outcome == .ok)
            harness.transport.setRequest(.get("/head", method: "HEAD"))
            #expect(try harness.exchange().outcome == .ok)
            harness.transport.setRequest(.get("/post", method: "POST", body: Array("abc".utf8)))
            #expect(try harness.exchange().outcome == .ok)
            #expect(
                server.seen.requests.map(\.start)
                    == ["GET /slow", "GET /slow", "GET /4", "HEAD /head", "POST /post"])
            #expect(server.seen.requests.last?.bodyBytes == 3)
            #expect(server.seen.connections == 1)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `a large body goes out whole to a slow reader`(_ kind: TransportKind) throws {
        let size = 16 << 20
        try withServer({ connection throws(Hangup) in
            while true {
                try connection.readRequest(slowly: true)
                try connection.send(plainAnswer)
            }
        }) { server in
            let harness = try TransportHarness(
                kind, port: server.port,
                request: .get(
                    "/up", method: "PUT", body: [UInt8](repeating: 0x62, count: size)))
            for _ in 0..<2 {
                let one = try harness.exchange()
                #expect(one.outcome == .ok, "\(harness.transport.describe(one))")
                #expect(one.bytesSent > size && one.bytesSent < size + 1_000)
            }
            #expect(server.seen.requests.map(\.bodyBytes) == [size, size])
            #expect(server.seen.connections == 1)
        }
    }

    @Test(arguments: TransportKind.allCases, ["Connection: close\r\n", ""])
    func `an answer before the body's end closes the connection`(
        _ kind: TransportKind, _ field: String
    ) throws {
        try withServer({ connection throws(Hangup) in
            if connection.number == 0 {
                try connection.read(1_000)
                try connection.send(
                    "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\(field)\r\n")
                try connection.hang()
            }
            try connection.serve(plainAnswer)
        }) { server in
            let harness = try TransportHarness(
                kind, port: server.port,
                request: .get(
                    "/up", method: "POST", body: [UInt8](repeating: 0x62, count: 64 << 20)))
            let one = try harness.exchange()
            #expect(one.outcome == .ok, "\(harness.transport.describe(one))")
            #expect(one.status == 413)
            harness.transport.setRequest(.get())
            #expect(try harness.exchange().outcome == .ok)
            #expect(server.seen.connections == 2)
        }
    }

    @Test func `a write that fails does not hide the answer`() throws {
        let gate = Locked(false)
        try withServer({ connection throws(Hangup) in
            try connection.read(1_000)
            while !gate.withLock({ $0 }) { try connection.pause(milliseconds: 2) }
            try connection.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
            try connection.reset()
        }) { server in
            let harness = try TransportHarness(
                .direct, port: server.port,
                request: .get(
                    "/up", method: "POST", body: [UInt8](repeating: 0x62, count: 64 << 20)))
            try harness.mustStart()
            try harness.run(untilTrue: { server.seen.bytesReceived > 0 })
            gate.withLock { $0 = true }
            // Answer and reset are both here before the loop looks.
            #expect(server.waits { $0.open == 0 })
            let one = try harness.run(until: 1)[0]
            #expect(one.outcome == .ok, "\(harness.transport.describe(one))")
            #expect(one.status == 413)
        }
    }
}
