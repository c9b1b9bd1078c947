import Foundation
import TestSupport
import Testing
import Time
import Transport

/// Whole answers of every kind end as ok on both transports, with their status and size, and the next request on that
/// load is fine.
struct AnswerTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let name: String
        let answer: String
        var status: UInt16 = 200
        var method = "GET"
        /// Whether the server closes behind it.
        var closes = false
        /// Whether the connection carries the next request.
        var keeps = true
        /// Bytes of its body and chunk framing that libcurl does not report.
        var framing = 0
        var testDescription: String { name }
    }

    static let shapes: [Shape] = [
        Shape(name: "Content-Length", answer: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        Shape(name: "no body", answer: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        Shape(name: "no reason", answer: "HTTP/1.1 404\r\nContent-Length: 1\r\n\r\nx", status: 404),
        Shape(
            name: "chunked",
            answer:
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
            framing: 15),
        Shape(
            name: "chunked with extensions and trailers",
            answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "A;name=\"v\";x\r\n0123456789\r\n0;last\r\nDigest: abc\r\nX-More: 1\r\n\r\n",
            framing: 26),
        Shape(
            name: "close-delimited", answer: "HTTP/1.1 200 OK\r\n\r\nuntil the end", closes: true,
            keeps: false),
        Shape(
            name: "Connection: close",
            answer: "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                + "Content-Length: 2\r\n\r\nok", closes: true, keeps: false),
        Shape(
            name: "HTTP/1.0", answer: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            closes: true, keeps: false),
        Shape(
            name: "HTTP/1.0 kept alive",
            answer: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
                + "Content-Length: 2\r\n\r\nok"),
        Shape(
            name: "HEAD", answer: "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", method: "HEAD"),
        Shape(name: "204", answer: "HTTP/1.1 204 No Content\r\n\r\n", status: 204),
        Shape(
            name: "304", answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
            status: 304),
        Shape(name: "100 first", answer: "HTTP/1.1 100 Continue\r\n\r\n" + plainAnswer),
        Shape(
            name: "103 first",
            answer: "HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\n" + plainAnswer),
        Shape(
            name: "several interim answers",
            answer: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                + "HTTP/1.1 102 Processing\r\n\r\n" + plainAnswer),
        Shape(
            name: "500", answer: "HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nbad", status: 500),
    ]

    @Test(arguments: TransportKind.allCases, shapes)
    func `a whole answer is ok, and so is the next`(_ kind: TransportKind, _ shape: Shape) throws {
        try withServer({ connection throws(Hangup) in
            repeat {
                try connection.readRequest()
                try connection.send(shape.answer)
            } while !shape.closes
        }) { server in
            let harness = try TransportHarness(
                kind, port: server.port, request: .get("/a?b=c", method: shape.method))
            for round in 0..<3 {
                let one = try harness.exchange()
                #expect(one.outcome == .ok, "round \(round): \(harness.transport.describe(one))")
                #expect(one.status == shape.status)
                #expect(one.opened == (round == 0 || !shape.keeps))
                let size = shape.answer.utf8.count - (kind.isCurl ? shape.framing : 0)
                #expect(one.bytesReceived == size)
                #expect(one.stamped == (kind == .direct && !isEndedByClose(shape)))
                #expect(!one.isHop)
                if one.opened { #expect(one.connectTime > .zero) }
                #expect((one.tlsTime > .zero) == (one.opened && kind.isTLS))
            }
            let seen = server.seen
            #expect(seen.requests.count == 3)
            #expect(seen.connections == (shape.keeps ? 1 : 3))
            #expect(seen.requests.allSatisfy { $0.start == "\(shape.method) /a?b=c" })
            #expect(harness.transport.connections.idle == (shape.keeps ? 1 : 0))
        }
    }

    private func isEndedByClose(_ shape: Shape) -> Bool { shape.name == "close-delimited" }

    @Test(arguments: TransportKind.allCases)
    func `both transports send the same request`(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(kind, port: server.port)
            let request = RenderedRequest(
                method: "POST", path: "/p", authority: harness.authority, userAgent: "ballast/1",
                headers: [.init("X-Empty", ""), .init("content-type", "text/plain")],
                body: Array("body".utf8))
            harness.transport.setRequest(request)
            let one = try harness.exchange()
            #expect(one.outcome == .ok)
            #expect(one.bytesSent == server.seen.bytesReceived)
            let seen = try #require(server.seen.requests.first)
            #expect(seen.bodyBytes == 4)
            let lines = Set(seen.head.lowercased().split(separator: "\r\n"))
            let wanted = String(decoding: request.bytes, as: UTF8.self).lowercased()
                .components(separatedBy: "\r\n\r\n")[0]
            #expect(
                lines.map { $0.replacing(": ", with: ":") }.sorted()
                    == Set(wanted.split(separator: "\r\n")).map { $0.replacing(": ", with: ":") }
                    .sorted())
        }
    }
}
