import Reactor
import TestSupport
import Testing
import Time

@testable import Transport

/// Answers that wait in the kernel: what a sleep hears all the same, and which of them tell their first byte.
@Suite struct LateReceiveTests {
    private static func harness(_ server: HostileServer) throws -> TransportHarness {
        try TransportHarness(.direct, port: server.port) { $0.receivesLate = true }
    }

    /// A direct transport whose next answers may wait, with one idle connection.
    private static func withTrusted(
        _ script: @escaping HostileServer.Script,
        _ body: (TransportHarness, DirectTransport, HostileServer) throws -> Void
    ) throws {
        try withServer({ connection throws(Hangup) in
            for _ in 0..<65 {
                try connection.readRequest()
                try connection.send(plainAnswer)
            }
            try script(connection)
        }) { server in
            let harness = try harness(server)
            let transport = try #require(harness.transport as? DirectTransport)
            for _ in 0..<65 { #expect(try harness.exchange().outcome == .ok) }
            #expect(transport.lateReceive.isTrusted)
            try body(harness, transport, server)
        }
    }

    /// Starts a request whose answer may wait.
    private static func start(_ transport: DirectTransport) throws {
        while transport.lateReceive.isSampling { _ = transport.lateReceive.next() }
        let now = Clock.now()
        let result = transport.start(
            intended: now, now: now, mayOpen: false, receivesLate: true)
        guard case .started = result else {
            throw TransportHarness.Failure(description: "not started: \(result)")
        }
    }

    /// Sleeps until something is reported, for so long at most.
    private static func isReported(_ harness: TransportHarness, within: Nanoseconds) -> Bool {
        var reported = false
        harness.loop.turn(until: Clock.now() + within) { _ in reported = true }
        return reported
    }

    @Test func `a sleep does not hear a small answer, which is read later and has its own time`()
        throws
    {
        try Self.withTrusted({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            harness, transport, server in
            try Self.start(transport)
            #expect(transport.waiting == 1)
            #expect(server.waits { $0.requests.count == 66 })
            let descriptor = transport.table[0].descriptor
            #expect(!Self.isReported(harness, within: .milliseconds(100)))
            let read = Clock.now()
            transport.receiveLate(startedBefore: read)
            let one = try harness.run(until: 1)[0]
            expectOrder(one)
            #expect(one.outcome == .ok && one.waited && one.stamped)
            #expect(one.end < read)
            #expect(transport.waiting == 0)
            #expect(transport.table[0].descriptor == descriptor)
            // Asked for at once, the next one is reported.
            try harness.mustStart()
            #expect(Self.isReported(harness, within: .seconds(4)))
            #expect(try !harness.run(until: 1)[0].waited)
        }
    }

    @Test func `what started just now is not looked at`() throws {
        try Self.withTrusted({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            harness, transport, server in
            let before = Clock.now()
            try Self.start(transport)
            #expect(server.waits { $0.requests.count == 66 })
            try harness.wait(untilTrue: { Self.hasBytes(transport.table[0].descriptor) })
            transport.receiveLate(startedBefore: before)
            #expect(transport.waiting == 1)
            transport.receiveLate(startedBefore: Clock.now())
            #expect(transport.waiting == 0)
        }
    }

    @Test(arguments: ["end", "reset", "answer and end", "large"])
    func `a sleep hears what would change if it was read later`(_ what: String) throws {
        let large = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
        try Self.withTrusted({ connection throws(Hangup) in
            try connection.readRequest()
            switch what {
            case "end": return
            case "reset": try connection.reset()
            case "answer and end": return try connection.send(plainAnswer)
            default:
                try connection.send(large)
                try connection.send([UInt8](repeating: 0x61, count: 100_000))
                try connection.hang()
            }
        }) { harness, transport, _ in
            try Self.start(transport)
            #expect(transport.waiting == 1)
            #expect(Self.isReported(harness, within: .seconds(4)))
            let one = try harness.run(until: 1)[0]
            expectOrder(one)
            let expected: Outcome = what == "end" || what == "reset" ? .reset : .ok
            #expect(one.outcome == expected, "\(transport.describe(one))")
            #expect(transport.waiting == 0)
            if what == "large" { #expect(!transport.lateReceive.isTrusted) }
        }
    }

    @Test func `a sleep hears that an idle connection was closed`() throws {
        try Self.withTrusted({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            // Closes as soon as the answer is out.
        }) { harness, transport, server in
            try Self.start(transport)
            #expect(server.waits { $0.open == 0 })
            _ = try harness.run(until: 1)
            #expect(transport.connections.idle == 0)
        }
    }

    @Test func `from receiveAtOnce on an answer is reported`() throws {
        let gate = Locked(false)
        try Self.withTrusted({ connection throws(Hangup) in
            try connection.readRequest()
            while !gate.withLock({ $0 }) { try connection.pause(milliseconds: 1) }
            try connection.send(plainAnswer)
            try connection.hang()
        }) { harness, transport, _ in
            try Self.start(transport)
            transport.receiveAtOnce()
            #expect(transport.waiting == 0)
            gate.withLock { $0 = true }
            #expect(Self.isReported(harness, within: .seconds(4)))
            let one = try harness.run(until: 1)[0]
            #expect(one.outcome == .ok && one.waited)
        }
    }

    @Test func `receiveAtOnce reads what is there`() throws {
        try Self.withTrusted({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            harness, transport, _ in
            try Self.start(transport)
            try harness.wait(untilTrue: { Self.hasBytes(transport.table[0].descriptor) })
            transport.receiveAtOnce()
            #expect(!harness.context.completions.isEmpty)
            #expect(try harness.run(until: 1)[0].outcome == .ok)
        }
    }

    @Test func `the rest of a large answer is heard, however small it is`() throws {
        let gate = Locked(false)
        try Self.withTrusted({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 40001\r\n\r\n")
            try connection.send([UInt8](repeating: 0x61, count: 40_000))
            while !gate.withLock({ $0 }) { try connection.pause(milliseconds: 1) }
            try connection.send("b")
            try connection.hang()
        }) { harness, transport, _ in
            try Self.start(transport)
            try harness.run(untilTrue: { !transport.table[0].isQuiet })
            #expect(transport.waiting == 0)
            try harness.run(untilTrue: { transport.table[0].request.bytesReceived > 40_000 })
            gate.withLock { $0 = true }
            #expect(Self.isReported(harness, within: .seconds(4)))
            #expect(try harness.run(until: 1)[0].outcome == .ok)
        }
    }

    @Test func `an older answer that does not wait takes no waiting one's place`() throws {
        try Self.withTrusted({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            harness, transport, _ in
            for _ in 0..<2 { try harness.mustStart() }
            #expect(try harness.run(until: 2).map(\.outcome) == [.ok, .ok])
            try harness.mustStart()
            try Self.start(transport)
            try harness.wait(untilTrue: {
                (0..<2).allSatisfy { Self.hasBytes(transport.table[$0].descriptor) }
            })
            transport.receiveLate(startedBefore: Clock.now())
            #expect(transport.waiting == 0)
            #expect(try harness.run(until: 2).map(\.waited) == [true, false])
        }
    }

    @Test func `no more than 32 answers wait at a time, and no sample's`() throws {
        try Self.withTrusted({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            _, transport, _ in
            func waits(beside waiting: Int, isSample: Bool = false, allowed: Bool = true) -> Bool {
                transport.waiting = waiting
                transport.table[0].request.isSample = isSample
                transport.setWaits(0, ifAllowed: allowed)
                defer { transport.waiting = 0 }
                return transport.table[0].request.waited
            }
            #expect(waits(beside: 31))
            #expect(!waits(beside: 32))
            #expect(!waits(beside: 0, isSample: true))
            #expect(!waits(beside: 0, allowed: false))
            transport.lateReceive = LateReceive(seed: 0)
            #expect(!waits(beside: 0))
        }
    }

    @Test func `over TLS, where the kernel's stamp is not the answer's, every request is a sample`()
        throws
    {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(.directTLS, port: server.port) {
                $0.receivesLate = true
            }
            let transport = try #require(harness.transport as? DirectTransport)
            for _ in 0..<80 { #expect(try harness.exchange().isSample) }
            #expect(!transport.lateReceive.isTrusted)
        }
    }

    @Test func `only samples tell their first byte, also on new connections`() throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            // The next request opens a connection of its own.
        }) { server in
            let harness = try Self.harness(server)
            // By the number of the harness' load.
            var model = LateReceive(seed: 7)
            for number in 0..<64 {
                #expect(try harness.exchange().isSample == model.next(), "\(number)")
            }
            let transport = try #require(harness.transport as? DirectTransport)
            #expect(!transport.lateReceive.isTrusted)
        }
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let plain = try TransportHarness(.direct, port: server.port)
            for _ in 0..<40 { #expect(try plain.exchange().isSample) }
        }
    }

    @Test func `an answer that its connection's end ended has no stamp, and so is not simple`()
        throws
    {
        try Self.withTrusted({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\n\r\nok")
        }) { harness, transport, _ in
            let one = try harness.exchange()
            #expect(one.outcome == .ok && !one.opened && !one.stamped)
            #expect(!transport.lateReceive.isTrusted)
        }
    }

    @Test func `a request that opened its connection says nothing of how answers come`() throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        }) { server in
            let harness = try Self.harness(server)
            let transport = try #require(harness.transport as? DirectTransport)
            for _ in 0..<80 { #expect(try harness.exchange().outcome == .ok) }
            #expect(!transport.lateReceive.isTrusted)
        }
    }

    @Test func `an answer that is there counts when all is canceled`() throws {
        try Self.withTrusted({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            harness, transport, _ in
            try Self.start(transport)
            try harness.wait(untilTrue: { Self.hasBytes(transport.table[0].descriptor) })
            transport.cancelAll(now: Clock.now())
            #expect(try harness.run(until: 1)[0].outcome == .ok)
            #expect(transport.waiting == 0)
        }
    }

    @Test func `answers in two pieces are never left to wait`() throws {
        try withServer({ connection throws(Hangup) in
            while true {
                try connection.readRequest()
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
                try connection.pause(milliseconds: 1)
                try connection.send("ok")
            }
        }) { server in
            let harness = try Self.harness(server)
            let transport = try #require(harness.transport as? DirectTransport)
            for _ in 0..<100 {
                let now = Clock.now()
                _ = transport.start(intended: now, now: now, mayOpen: true, receivesLate: true)
                #expect(try harness.run(until: 1)[0].outcome == .ok)
            }
            #expect(!transport.lateReceive.isTrusted)
        }
    }

    /// Whether anything is there to be read, whatever the low-water mark says.
    private static func hasBytes(_ socket: Int32) -> Bool { Sockets.bytesWaiting(on: socket) > 0 }
}
