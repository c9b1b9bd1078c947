import Glibc
import Reactor
import TestSupport
import Testing
import Time

@testable import Transport

/// When a request began and ended, by the kernel's stamp where there is one.
struct TimeTests {
    @Test func `a late collection does not lengthen a stamped request`() throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(.direct, port: server.port)
            #expect(try harness.exchange().stamped)
            for sends in 2...6 {
                try harness.mustStart()
                #expect(server.waits { $0.sends == sends })
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

    @Test(arguments: [TransportKind.direct, .directTLS])
    func `an answer that is here beats a timeout that is found later`(_ kind: TransportKind) throws
    {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(kind, port: server.port) { $0.timeout = .seconds(1) }
            let transport = try #require(harness.transport as? DirectTransport)
            // The first exchange with TLS goes through libcurl, the others through OpenSSL.
            for _ in 0..<3 {
                try harness.mustStart()
                try harness.run(untilTrue: { transport.table[0].state == .active })
                try harness.wait(untilTrue: { Socket.hasInput(transport.table[0].descriptor) })
                Clock.sleep(until: transport.nextDeadline + .milliseconds(1))
                transport.expire(now: Clock.now())
                let one = try harness.run(until: 1)[0]
                #expect(one.outcome == .ok)
                #expect(one.stamped == (kind == .direct))
                // Without a stamp nobody knows when it came, and our clock says when we looked.
                #expect((one.end - one.actualStart < .seconds(1)) == one.stamped)
                #expect(harness.transport.connections.idle == 1)
            }
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

    @Test func `an answer that its connection's end ended beats a timeout that is found later`()
        throws
    {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\n\r\nuntil the end")
        }) { server in
            let harness = try TransportHarness(.direct, port: server.port) {
                $0.timeout = .milliseconds(300)
            }
            let transport = try #require(harness.transport as? DirectTransport)
            try harness.mustStart()
            try harness.run(untilTrue: { transport.table[0].state == .active })
            // Answer and end of the connection are both here before anybody looks.
            #expect(server.waits { $0.connections == 1 && $0.open == 0 })
            Clock.sleep(until: transport.nextDeadline + .milliseconds(1))
            transport.expire(now: Clock.now())
            let one = try harness.run(until: 1)[0]
            #expect(one.outcome == .ok)
            #expect(one.status == 200)
        }
    }

    @Test func `a connect that is over beats a timeout that is found later`() throws {
        try withServer(nil) { server in
            let harness = try TransportHarness(.direct, port: server.port) {
                $0.timeout = .milliseconds(20)
            }
            let transport = try #require(harness.transport as? DirectTransport)
            try harness.mustStart()
            try #require(transport.table[0].state == .connecting)
            try harness.wait(untilTrue: { Socket.hasOutput(transport.table[0].descriptor) })
            Clock.sleep(until: transport.nextDeadline + .milliseconds(1))
            transport.expire(now: Clock.now())
            // It was up, but never used.
            let one = try harness.run(until: 1)[0]
            #expect(one.outcome == .timeout)
            #expect(one.bytesSent == 0)
            // One that failed meanwhile.
            try harness.mustStart()
            try harness.wait(untilTrue: { Socket.hasOutput(transport.table[0].descriptor) })
            server.stopListening()
            try harness.wait(untilTrue: {
                var entry = pollfd(
                    fd: transport.table[0].descriptor, events: Int16(POLLIN), revents: 0)
                return unsafe poll(&entry, 1, 0) == 1
            })
            Clock.sleep(until: transport.nextDeadline + .milliseconds(1))
            transport.expire(now: Clock.now())
            #expect(try harness.run(until: 1)[0].outcome == .reset)
        }
    }

    /// - Parameter looksLate: whether nobody looks until the answer is here: then a stamp tells when it came, or the
    ///   kernel's word on when something last came, which may be 10 ms off.
    @Test(
        arguments: TransportKind.allCases.map { ($0, false) }
            + [TransportKind.direct, .curl, .curlTLS].map { ($0, true) })
    func `an answer after the deadline is a timeout`(_ kind: TransportKind, looksLate: Bool) throws
    {
        let gate = Locked(false)
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            while true {
                try connection.readRequest()
                while !gate.withLock({ $0 }) { try connection.pause(milliseconds: 1) }
                try connection.send(plainAnswer)
            }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port) {
                $0.timeout = .milliseconds(300)
            }
            #expect(try harness.exchange().outcome == .ok)
            try harness.mustStart()
            if looksLate {
                Clock.sleep(until: Clock.now() + .milliseconds(350))
                gate.withLock { $0 = true }
                #expect(server.waits { $0.sends == 2 })
            }
            let one = try harness.run(until: 1)[0]
            expectOrder(one)
            #expect(one.outcome == .timeout)
            #expect(one.stamped == (looksLate && kind == .direct))
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
