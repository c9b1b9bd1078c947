import Glibc
import Reactor
import TestSupport
import Testing
import Time
import Transport

/// Each way to fail ends in its own outcome with its true elapsed time, and the next request on that load is fine.
struct FailureTests {
    struct Failure: Sendable, CustomTestStringConvertible {
        let name: String
        let outcome: Outcome
        var status: UInt16 = 0
        /// A named exception of the curl transport.
        var ofCurl: Outcome?
        /// What the first connection does after its first request; later connections answer well.
        let script: HostileServer.Script
        var testDescription: String { name }

        func outcome(of kind: TransportKind) -> Outcome {
            kind.isCurl ? ofCurl ?? outcome : outcome
        }
    }

    static let failures: [Failure] = [
        Failure(name: "garbage", outcome: .protocolError) { connection throws(Hangup) in
            try connection.send("SSH-2.0-OpenSSH_9.2\r\n\r\n")
        },
        Failure(name: "binary garbage", outcome: .protocolError) { connection throws(Hangup) in
            try connection.send([0, 1, 2, 0xFF, 0x80, 0x0A, 0x0D, 0x0A, 0x0D, 0x0A])
        },
        Failure(name: "HTTP/0.9", outcome: .protocolError) { connection throws(Hangup) in
            try connection.send("<html>old</html>")
        },
        Failure(name: "a bad chunk size", outcome: .protocolError, status: 200) {
            connection throws(Hangup) in
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
            try connection.hang()
        },
        Failure(name: "a short body", outcome: .truncated, status: 200) {
            connection throws(Hangup) in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
        },
        Failure(name: "closed in a chunk", outcome: .truncated, status: 200) {
            connection throws(Hangup) in
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort")
        },
        Failure(name: "closed before the last chunk", outcome: .truncated, status: 200) {
            connection throws(Hangup) in
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
        },
        Failure(name: "closed in the head", outcome: .truncated) { connection throws(Hangup) in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Le")
        },
        // libcurl does not tell that it has seen part of a line.
        Failure(name: "closed in the first line", outcome: .truncated, ofCurl: .reset) {
            connection throws(Hangup) in
            try connection.send("HTTP/1.1 20")
        },
        Failure(name: "closed after an interim answer", outcome: .truncated) {
            connection throws(Hangup) in
            try connection.send("HTTP/1.1 100 Continue\r\n\r\n")
        },
        Failure(name: "closed before any byte", outcome: .reset) { _ throws(Hangup) in },
        Failure(name: "reset before any byte", outcome: .reset) { connection throws(Hangup) in
            try connection.reset()
        },
        Failure(name: "reset in the head", outcome: .reset) { connection throws(Hangup) in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Le")
            try connection.pause(milliseconds: 20)
            try connection.reset()
        },
        Failure(name: "reset in the body", outcome: .reset, status: 200) {
            connection throws(Hangup) in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
            try connection.pause(milliseconds: 20)
            try connection.reset()
        },
    ]

    @Test(arguments: TransportKind.allCases, failures)
    func `a failure has its own outcome, and the next request is fine`(
        _ kind: TransportKind, _ failure: Failure
    ) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            if connection.number == 0 {
                try connection.pause(milliseconds: 5)
                return try failure.script(connection)
            }
            try connection.send(plainAnswer)
            try connection.serve(plainAnswer)
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            let one = try harness.exchange()
            #expect(one.outcome == failure.outcome(of: kind), "\(harness.transport.describe(one))")
            #expect(one.end - one.actualStart >= .milliseconds(5))
            #expect(one.status == failure.status)
            #expect(!harness.transport.describe(one).isEmpty)
            for _ in 0..<2 {
                let next = try harness.exchange()
                #expect(next.outcome == .ok, "\(harness.transport.describe(next))")
            }
            #expect(server.seen.requests.count == 3)
            #expect(server.seen.connections == 2)
        }
    }

    /// After its first exchange a direct TLS connection is read in another way.
    @Test(arguments: TransportKind.allCases, failures)
    func `a failure on a used connection has the same outcome`(
        _ kind: TransportKind, _ failure: Failure
    ) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            try connection.readRequest()
            if connection.number == 0 { return try failure.script(connection) }
            try connection.send(plainAnswer)
            try connection.serve(plainAnswer)
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            #expect(try harness.exchange().outcome == .ok)
            let one = try harness.exchange()
            #expect(one.outcome == failure.outcome(of: kind), "\(harness.transport.describe(one))")
            #expect(one.status == failure.status)
            for _ in 0..<2 { #expect(try harness.exchange().outcome == .ok) }
            #expect(server.seen.requests.count == 4)
            // libcurl has a connection for a repetition already when it is told not to repeat.
            if !kind.isCurl {
                #expect(!one.opened)
                #expect(server.seen.connections == 2)
            }
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `a failure leaves nothing behind for the next one`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            switch connection.number {
            case 0:
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2097152\r\n\r\n")
                for _ in 0..<128 { try connection.send([UInt8](repeating: 0x61, count: 1 << 14)) }
            case 2:
                // Closed as it is reused: libcurl would repeat the request.
                try connection.send(plainAnswer)
                try connection.readRequest()
            case 3, 4:
                // libcurl opens one more for the repetition that it is refused.
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
            default: break
            }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            let outcomes = try (0..<5).map { _ in try harness.exchange().outcome }
            #expect(outcomes == [.bodyLimit, .reset, .ok, .reset, .truncated])
            #expect(server.seen.requests.count == 5)
        }
    }

    /// libcurl 7.88 keeps the errno of a failure on the handle that saw it.
    @Test(arguments: TransportKind.allCases)
    func `a reset does not colour what fails later`(_ kind: TransportKind) throws {
        let bad = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"
        let cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            switch connection.number % 4 {
            case 0: try connection.reset()
            case 1: try connection.send(bad)
            case 2: try connection.send(cut)
            default: try connection.reset()
            }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            let outcomes = try (0..<12).map { _ in try harness.exchange().outcome }
            let round: [Outcome] = [.reset, .protocolError, .truncated, .reset]
            #expect(outcomes == round + round + round)
            #expect(server.seen.requests.count == 12)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `silence ends as timeout at its time`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            if connection.number == 0 { return try connection.hang() }
            try connection.send(plainAnswer)
            try connection.serve(plainAnswer)
        }) { server in
            let harness = try TransportHarness(kind, port: server.port) {
                $0.timeout = .milliseconds(300)
            }
            let one = try harness.exchange()
            #expect(one.outcome == .timeout)
            #expect(one.status == 0)
            #expect(one.end - one.actualStart >= .milliseconds(300))
            #expect(one.end - one.actualStart < .seconds(5))
            #expect(one.bytesReceived == 0)
            #expect(try harness.exchange().outcome == .ok)
            #expect(server.seen.requests.count == 2)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `an answer that never ends is a timeout with its status`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send("HTTP/1.1 503 Wait\r\nContent-Length: 10\r\n\r\nhalf")
            try connection.hang()
        }) { server in
            let harness = try TransportHarness(kind, port: server.port) {
                $0.timeout = .seconds(1)
            }
            let one = try harness.exchange()
            #expect(one.outcome == .timeout)
            #expect(one.status == 503)
            #expect(one.firstByte > one.sendStart)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `a change of protocol that nobody asked for is not an answer`(
        _ kind: TransportKind
    ) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            if connection.number > 0 {
                try connection.send(plainAnswer)
                return try connection.serve(plainAnswer)
            }
            try connection.send("HTTP/1.1 101 Switching\r\nUpgrade: other\r\n\r\n")
            try connection.hang()
        }) { server in
            let harness = try TransportHarness(kind, port: server.port) {
                $0.timeout = .seconds(1)
            }
            #expect(try harness.exchange().outcome == .timeout)
            #expect(try harness.exchange().outcome == .ok)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `nobody listening is refused at once`(_ kind: TransportKind) throws {
        let port = try Sockets.unusedPort()
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: port))
        let harness = try TransportHarness(kind, port: port, peers: [address]) { _ in
        } curl: {
            $0 = $0.to(port)
        }
        for _ in 0..<3 {
            let one = try harness.exchange()
            #expect(one.outcome == .refused, "\(harness.transport.describe(one))")
            #expect(one.opened)
            #expect(one.firstByte == .notYet)
            #expect(one.sendStart == .notYet)
            #expect(harness.transport.connections == ConnectionCounts())
        }
        // The same descriptor numbers serve the next connections.
        try withServer(
            port: port,
            { connection throws(Hangup) in
                if kind.isTLS { try connection.send("220 hello\r\n") }
                try connection.serve(plainAnswer)
            }
        ) { _ in
            let next = try harness.exchange()
            #expect(next.outcome == (kind.isTLS ? .tls : .ok))
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `a listener whose backlog is full ends as connect_timeout`(_ kind: TransportKind) throws {
        try withServer(backlog: 0, nil) { server in
            let address = try #require(SocketAddress(ip: "127.0.0.1", port: server.port))
            try Sockets.withFullBacklog(port: server.port) {
                let harness = try TransportHarness(kind, port: server.port, peers: [address]) {
                    $0.timeout = .milliseconds(80)
                } curl: {
                    $0 = $0.to(server.port)
                }
                for _ in 0..<2 {
                    let one = try harness.exchange()
                    #expect(one.outcome == .connectTimeout)
                    #expect(one.end - one.actualStart >= .milliseconds(80))
                    #expect(one.connectTime == .zero)
                }
                #expect(harness.transport.connections == ConnectionCounts())
            }
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `without addresses a request ends as dns`(_ kind: TransportKind) throws {
        let harness = try TransportHarness(kind, port: 1, peers: [])
        for _ in 0..<2 {
            let one = try harness.exchange()
            #expect(one.outcome == .dns)
            #expect(one.opened && one.sendStart == .notYet)
            #expect(!one.stamped)
        }
        #expect(harness.transport.connections == ConnectionCounts())
    }

    @Test(arguments: TransportKind.allCases)
    func `all requests in flight end as canceled`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.hang()
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            for _ in 0..<3 { try harness.mustStart() }
            try harness.run(untilTrue: { server.seen.requests.count == 3 })
            harness.transport.cancelAll(now: Clock.now())
            let all = try harness.run(until: 3)
            #expect(all.map(\.outcome) == [.canceled, .canceled, .canceled])
            for one in all { expectOrder(one) }
            #expect(harness.transport.nextDeadline == .distantFuture)
            #expect(server.waits { $0.open == 0 })
        }
    }
}

extension CurlOptions {
    /// The same, without the TLS terminator in between.
    func to(_ port: UInt16) -> CurlOptions {
        var copy = self
        let scheme = url.hasPrefix("https") ? "https" : "http"
        copy.url = "\(scheme)://\(resolvedHost):\(port)"
        copy.resolvedPort = port
        return copy
    }
}
