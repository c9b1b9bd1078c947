import Properties
import TestSupport
import Testing
import Time
import Transport

/// All faults in one stream, over and over on the same connections and handles: each outcome's count is what the target
/// logged.
struct FaultMixTests {
    enum Fault: Int, CaseIterable {
        case none, error, reset, closed, garbage, badChunk, truncated, late

        var outcome: Outcome {
            switch self {
            case .none, .error: .ok
            case .reset, .closed: .reset
            case .garbage, .badChunk: .protocolError
            case .truncated: .truncated
            case .late: .timeout
            }
        }
    }

    /// Does to one request what was drawn.
    /// - Returns: whether the connection goes on.
    private static func answer(
        _ fault: Fault, _ connection: HostileConnection
    ) throws(Hangup) -> Bool {
        switch fault {
        case .none: try connection.send(plainAnswer)
        case .error: try connection.send("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
        case .reset: try connection.reset()
        case .closed: return false
        case .garbage: try connection.send("220 mail.example ESMTP\r\n\r\n")
        case .badChunk:
            try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
        case .truncated:
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")
        case .late: try connection.hang()
        }
        return fault == .none || fault == .error
    }

    @Test(arguments: TransportKind.allCases)
    func `every outcome is what the target did`(_ kind: TransportKind) throws {
        let random = Seeded()
        let dice = Locked(random)
        let log = Locked<[Outcome: Int]>([:])
        try withServer({ connection throws(Hangup) in
            var goesOn = true
            while goesOn {
                try connection.readRequest()
                // Half of them are fine, and one in a hundred comes too late.
                let draw = dice.withLock { $0.int(0...99) }
                let fault = Fault(rawValue: draw < 1 ? 7 : draw < 50 ? draw % 7 : 0)!
                log.withLock { $0[fault.outcome, default: 0] += 1 }
                goesOn = try Self.answer(fault, connection)
            }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port) { $0.timeout = .seconds(2) }
            let total = 300
            var outcomes: [Outcome: Int] = [:]
            var texts: [String: Int] = [:]
            var (started, ended) = (0, 0)
            while ended < total {
                while started < total, case .started = harness.start() { started += 1 }
                for one in try harness.run(until: 1) {
                    expectOrder(one)
                    outcomes[one.outcome, default: 0] += 1
                    texts[harness.transport.describe(one), default: 0] += 1
                    ended += 1
                }
            }
            #expect(outcomes == log.withLock { $0 }, "\(random) \(texts)")
            #expect(server.seen.requests.count == total)
        }
    }
}
