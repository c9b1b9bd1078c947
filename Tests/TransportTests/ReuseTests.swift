import Glibc
import Reactor
import TestSupport
import Testing
import Time

@testable import Transport

/// Which connection carries the next request, and that every attempt on the wire is one that we counted.
struct ReuseTests {
    @Test(arguments: TransportKind.allCases)
    func `a connection that closes as it is reused is one reset`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            if connection.number == 0 {
                // Reads the second request, so that it was sent, and closes without an answer.
                try connection.readRequest()
                return
            }
            try connection.serve(plainAnswer)
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            #expect(try harness.exchange().outcome == .ok)
            let second = try harness.exchange()
            #expect(second.outcome == .reset, "\(harness.transport.describe(second))")
            #expect(!second.stamped)
            #expect(server.seen.requests.count == 2)
            for _ in 0..<2 { #expect(try harness.exchange().outcome == .ok) }
            #expect(server.seen.requests.count == 4)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `a reset as it is reused is one reset`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            if connection.number == 0 {
                try connection.readRequest()
                try connection.reset()
            }
            try connection.serve(plainAnswer)
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            let all = try (0..<4).map { _ in try harness.exchange() }
            #expect(all.map(\.outcome) == [.ok, .reset, .ok, .ok])
            #expect(server.seen.requests.count == 4)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `an idle connection that closed in time is not used`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            if connection.number == 0 { return }
            try connection.serve(plainAnswer)
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            #expect(try harness.exchange().outcome == .ok)
            #expect(server.waits { $0.open == 0 })
            try harness.run(untilTrue: { harness.transport.connections.idle == 0 })
            let second = try harness.exchange()
            #expect(second.outcome == .ok, "\(harness.transport.describe(second))")
            #expect(second.opened)
            #expect(server.seen.requests.count == 2)
            #expect(server.seen.connections == 2)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `an answer and a close in one go leave nothing idle`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            try connection.readRequest()
            try connection.send(plainAnswer)
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            for round in 1...3 {
                #expect(try harness.exchange().outcome == .ok)
                try harness.mustStart()
                if kind == .direct {
                    // Answer and end of the connection are both here before the loop looks.
                    #expect(server.waits { $0.requests.count == 2 * round && $0.open == 0 })
                }
                #expect(try harness.run(until: 1)[0].outcome == .ok)
                try harness.run(untilTrue: { harness.transport.connections.idle == 0 })
            }
            #expect(server.seen.requests.count == 6)
            #expect(server.seen.connections == 3)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `a closed idle connection does not keep the loop awake`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            #expect(try harness.exchange().outcome == .ok)
            #expect(server.waits { $0.open == 0 })
            try harness.run(untilTrue: { harness.transport.connections.idle == 0 })
            let end = Clock.now() + .milliseconds(100)
            var turns = 0
            while Clock.now() < end {
                harness.turn(until: end)
                turns += 1
            }
            #expect(turns < 50)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `bytes behind an answer close its connection`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(connection.number < 2 ? plainAnswer + plainAnswer : plainAnswer)
            try connection.serve(plainAnswer)
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            let first = try harness.exchange()
            #expect(first.outcome == .ok)
            #expect(first.status == 200)
            // The same bytes once more: what is known of them must not hide what follows the answer.
            for _ in 0..<2 {
                let next = try harness.exchange()
                #expect(next.outcome == .ok)
                #expect(next.opened)
            }
            #expect(server.seen.connections == 3)
            #expect(server.seen.requests.count == 3)
        }
    }

    /// The bytes go out when the answer before them was taken in, and the next request when they are seen to be gone.
    @Test(arguments: TransportKind.allCases)
    func `bytes on an idle connection close it`(_ kind: TransportKind) throws {
        let gate = Locked(false)
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            if connection.number == 0 {
                while !gate.withLock({ $0 }) { try connection.pause(milliseconds: 1) }
                try connection.send(plainAnswer)
                try connection.hang()
            }
            try connection.serve(plainAnswer)
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            #expect(try harness.exchange().outcome == .ok)
            gate.withLock { $0 = true }
            if kind == .curl {
                // libcurl looks at its idle connections only when it wants one.
                #expect(server.waits { $0.sends == 2 })
            } else {
                try harness.run(untilTrue: { server.seen.open == 0 })
            }
            let second = try harness.exchange()
            #expect(second.outcome == .ok)
            // libcurl takes what is there for the answer, if nobody looked before.
            if kind != .curl { #expect(second.opened) }
        }
    }

    @Test func `an event of a slot's earlier connection is not the present one's`() throws {
        try withServer(backlog: 0, nil) { server in
            try Sockets.withFullBacklog(port: server.port) {
                let harness = try TransportHarness(.direct, port: server.port)
                let transport = try #require(harness.transport as? DirectTransport)
                try harness.mustStart()
                let earlier = transport.table[0].key(0)
                transport.cancelAll(now: Clock.now())
                // The slot is used again; its connection is not up, whatever an event of the other one says.
                try harness.mustStart()
                #expect(transport.table[0].state == .connecting)
                for readiness in [Readiness.failed, .output, .input, .peerClosed] {
                    transport.ready(earlier, readiness, now: Clock.now())
                    #expect(transport.connections.connecting == 1)
                }
                // One of its own is heard.
                transport.ready(transport.table[0].key(0), .output, now: Clock.now())
                #expect(transport.connections.connecting == 0)
                transport.cancelAll(now: Clock.now())
                #expect(try harness.run(until: 2).map(\.outcome) == [.canceled, .canceled])
            }
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `never more sockets than connections`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            var requests = 0
            while true {
                try connection.readRequest()
                requests += 1
                try connection.pause(milliseconds: 5)
                // Some connections end now and then.
                if requests % 7 == connection.number % 7 {
                    return try connection.send(
                        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                }
                try connection.send(plainAnswer)
            }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port) {
                $0.connections = 3
                $0.inFlight = 3
            }
            var started = 0
            var outcomes: [Outcome] = []
            while outcomes.count < 60 {
                while started < 60, case .started = harness.start() { started += 1 }
                outcomes += try harness.run(until: 1).map(\.outcome)
                let counts = harness.transport.connections
                #expect(counts.connecting + counts.idle + counts.active <= 3)
            }
            #expect(outcomes.allSatisfy { $0 == .ok })
            #expect(server.seen.requests.count == 60)
            // A socket that we have closed may still be open over there for a moment.
            #expect(server.seen.mostOpen <= (kind.isTLS ? 6 : 4))
            #expect(server.seen.mostOpen >= 2)
        }
    }
}
