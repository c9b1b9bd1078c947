import TestSupport
import Testing
import Time
import Transport

/// Answers that the two transports read differently, and some at the edge that they read alike: the table of
/// docs/architecture.md, "Two transports".
struct ReadingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let answer: String
        let direct: Outcome
        let curl: Outcome
        var testDescription: String { name }

        init(_ name: String, _ answer: String, _ direct: Outcome, curl: Outcome? = nil) {
            self.name = name
            self.answer = answer
            self.direct = direct
            self.curl = curl ?? direct
        }

        static func status(_ line: String, _ direct: Outcome, curl: Outcome? = nil) -> Row {
            Row(line, "\(line)\r\nContent-Length: 2\r\n\r\nok", direct, curl: curl)
        }

        static func length(_ value: String, _ direct: Outcome, curl: Outcome? = nil) -> Row {
            Row(
                "Content-Length: \(value)",
                "HTTP/1.1 200 OK\r\nContent-Length: \(value)\r\n\r\nok", direct, curl: curl)
        }

        static func field(_ line: String, _ direct: Outcome, curl: Outcome? = nil) -> Row {
            Row(
                line.debugDescription, "HTTP/1.1 200 OK\r\n\(line)\r\nContent-Length: 2\r\n\r\nok",
                direct, curl: curl)
        }

        /// A chunked body with this first line.
        static func chunk(_ line: String, _ direct: Outcome, curl: Outcome? = nil) -> Row {
            Row(
                "chunk \(line)",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "\(line)\r\nok\r\n0\r\n\r\n", direct, curl: curl)
        }

        static func encoding(_ value: String, _ direct: Outcome, curl: Outcome? = nil) -> Row {
            Row(
                "Transfer-Encoding: \(value)",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: \(value)\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                direct, curl: curl)
        }
    }

    private static func lines(_ count: Int, _ length: Int) -> String {
        let line = "X-A: " + String(repeating: "a", count: length - 5)
        return Array(repeating: line, count: count).joined(separator: "\r\n")
    }

    static let rows: [Row] = [
        .status("HTTP/2.0 200 OK", .protocolError),
        .status("HTTP/1.9 200 OK", .ok, curl: .protocolError),
        .status("HTTP/3.0 200 OK", .protocolError),
        .status("HTTP/0.9 200 OK", .protocolError),
        .status("http/1.1 200 OK", .protocolError),
        .status("HTTP/1.1  200 OK", .protocolError),
        .status("\r\nHTTP/1.1 200 OK", .protocolError),
        .status("HTTP/1.1 20 OK", .protocolError),
        .status("HTTP/1.1 2000 OK", .protocolError),
        .status("HTTP/1.1 099 OK", .protocolError),
        .status("HTTP/1.1 700 OK", .ok),
        .length("2, 2", .protocolError, curl: .ok),
        .length("+2", .protocolError, curl: .ok),
        .length("2x", .protocolError, curl: .ok),
        .length("-2", .protocolError),
        .length("", .protocolError),
        .length("0000000000000000002", .protocolError, curl: .ok),
        .length("9000000000000000000", .protocolError, curl: .truncated),
        .length("90000000000000000000", .protocolError, curl: .ok),
        .field("Content-Length: 2", .ok),
        .field("Content-Length: 5", .protocolError, curl: .ok),
        .field("nonsense", .protocolError),
        .field("X-A : x", .ok),
        .field("X-A: x\r\n y", .ok),
        .field(" y", .ok, curl: .protocolError),
        .field("X-A: a\0b", .ok, curl: .protocolError),
        Row(
            "a head of 80 KiB",
            "HTTP/1.1 200 OK\r\n\(lines(10, 8_192))\r\nContent-Length: 2\r\n\r\nok",
            .protocolError, curl: .ok),
        Row(
            "a line of 110 KiB",
            "HTTP/1.1 200 OK\r\n\(lines(1, 112_640))\r\nContent-Length: 2\r\n\r\nok",
            .protocolError),
        Row(
            "a head of 320 KiB",
            "HTTP/1.1 200 OK\r\n\(lines(40, 8_192))\r\nContent-Length: 2\r\n\r\nok",
            .protocolError),
        Row("LF alone", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", .ok),
        .encoding("chunked, chunked", .ok),
        .encoding("gzip, chunked", .ok, curl: .protocolError),
        .encoding("other", .ok, curl: .protocolError),
        .chunk("0000000000000002", .ok),
        .chunk("00000000000000000002", .ok, curl: .protocolError),
        .chunk("FFFFFFFFFFFFFFFF", .protocolError),
        .chunk("+2", .protocolError),
        .chunk("0x2", .protocolError),
        .chunk("2 ", .ok),
        .chunk("2junk", .protocolError, curl: .ok),
        Row(
            "a trailer without a colon",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nnonsense\r\n\r\n", .ok,
            curl: .protocolError),
        Row("part of a status line", "HTTP/1.1 20", .truncated, curl: .reset),
    ]

    @Test(arguments: TransportKind.allCases, rows)
    func `each transport reads an answer as its table says`(
        _ kind: TransportKind, _ row: Row
    ) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(row.answer)
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            let one = try harness.exchange()
            let outcome = kind.isCurl ? row.curl : row.direct
            #expect(one.outcome == outcome, "\(harness.transport.describe(one))")
            #expect(server.seen.requests.count == 1)
        }
    }
}
