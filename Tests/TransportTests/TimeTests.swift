import Reactor
import TestSupport
import Testing
import Time
import Transport

/// When a request began and ended, by the kernel's stamp where there is one.
struct TimeTests {
    @Test func `a late collection does not lengthen a stamped request`() throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(.direct, port: server.port)
            #expect(try harness.exchange().stamped)
            for _ in 0..<5 {
                let known = server.seen.lastSend
                try harness.mustStart()
                #expect(server.waits { $0.lastSend > known })
                let sent = server.seen.lastSend
                // The answer waits in the kernel; the loop looks only now.
                Clock.sleep(until: Clock.now() + .milliseconds(40))
                let collected = Clock.now()
                let one = try harness.run(until: 1)[0]
                expectOrder(one)
                #expect(one.outcome == .ok && one.stamped)
                // The server read its clock just after the kernel stamped what it sent.
                #expect(one.end.nanoseconds <= sent + 1_000_000)
                #expect(collected - one.end >= .milliseconds(35))
                #expect(one.end > one.actualStart)
            }
        }
    }

    @Test(arguments: [TransportKind.directTLS, .curl, .curlTLS])
    func `without a stamp our clock ends a request`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(kind, port: server.port)
            _ = try harness.exchange()
            try harness.mustStart()
            #expect(server.waits { $0.requests.count == 2 })
            Clock.sleep(until: Clock.now() + .milliseconds(20))
            let collected = Clock.now()
            let one = try harness.run(until: 1)[0]
            #expect(one.outcome == .ok && !one.stamped)
            // libcurl may have read the answer at once, when it had sent the request.
            if kind == .directTLS { #expect(one.end >= collected) }
        }
    }

    @Test func `an answer in time beats a timeout that is found later`() throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(.direct, port: server.port) {
                $0.timeout = .milliseconds(400)
            }
            _ = try harness.exchange()
            let known = server.seen.lastSend
            try harness.mustStart()
            #expect(server.waits { $0.lastSend > known })
            Clock.sleep(until: Clock.now() + .milliseconds(450))
            let one = try harness.run(until: 1)[0]
            #expect(one.outcome == .ok)
            #expect(one.end - one.actualStart < .milliseconds(400))
            #expect(harness.transport.connections.idle == 1)
        }
    }

    /// Without a stamp it takes the time until it was read.
    @Test(arguments: [TransportKind.curl, .curlTLS], [true, false])
    func `an answer that waits in the socket beats a timeout that is found later`(
        _ kind: TransportKind, _ keeps: Bool
    ) throws {
        let answer =
            keeps
            ? plainAnswer
            : "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            try connection.readRequest()
            try connection.pause(milliseconds: 20)
            try connection.send(answer)
            if keeps { try connection.hang() }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port) {
                $0.timeout = .milliseconds(400)
            }
            _ = try harness.exchange()
            let known = server.seen.lastSend
            try harness.mustStart()
            // We do not look at our sockets while the answer comes and the time passes.
            #expect(server.waits { $0.lastSend > known })
            Clock.sleep(until: Clock.now() + .milliseconds(450))
            let one = try harness.run(until: 1)[0]
            expectOrder(one)
            #expect(one.outcome == .ok)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `an answer after the deadline is a timeout`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            while true {
                try connection.readRequest()
                try connection.pause(milliseconds: 400)
                try connection.send(plainAnswer)
            }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port) {
                $0.timeout = .milliseconds(300)
            }
            #expect(try harness.exchange().outcome == .ok)
            let known = server.seen.lastSend
            try harness.mustStart()
            #expect(server.waits { $0.lastSend > known })
            Clock.sleep(until: Clock.now() + .milliseconds(10))
            let one = try harness.run(until: 1)[0]
            expectOrder(one)
            #expect(one.outcome == .timeout)
            #expect(one.end - one.actualStart >= .milliseconds(300))
            #expect(harness.transport.connections.idle == 0)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `the intended start is kept, the actual one is ours`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(kind, port: server.port)
            let intended = Clock.now() - .milliseconds(700)
            let before = Clock.now()
            let result = harness.start(intended: intended)
            let after = Clock.now()
            let one = try harness.run(until: 1)[0]
            #expect(one.intendedStart == intended)
            #expect(one.actualStart >= before && one.actualStart <= after)
            #expect(result == .started(at: one.actualStart))
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `connecting is part of the service time`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(kind, port: server.port)
            let one = try harness.exchange()
            #expect(one.opened)
            let phases = one.connectTime + one.tlsTime
            #expect(phases > .zero)
            #expect(one.sendStart - one.actualStart + .microseconds(1) >= phases)
            #expect(one.end - one.actualStart >= phases)
        }
    }
}
