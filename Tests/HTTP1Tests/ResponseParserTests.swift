import HTTP1
import Testing

/// What the answer parser makes of RFC 9112 (and 9110), rule by rule.
struct ResponseParserTests {
    struct Rule: Sendable, CustomTestStringConvertible {
        let section: String
        let answer: String
        var isHEAD = false
        let state: ResponseParser.State
        var status: UInt16 = 200
        var body = 0
        var keeps = true
        /// Bytes behind the answer.
        var left = 0
        /// Whether a close behind these bytes completes the answer.
        var isWholeAtEnd = false
        var testDescription: String { section }

        /// A whole answer.
        static func whole(
            _ section: String, _ answer: String, status: UInt16 = 200, body: Int = 0,
            keeps: Bool = true, left: Int = 0, isHEAD: Bool = false
        ) -> Rule {
            Rule(
                section: section, answer: answer, isHEAD: isHEAD, state: .complete,
                status: status, body: body, keeps: keeps, left: left, isWholeAtEnd: true)
        }

        static func wrong(
            _ section: String, _ answer: String, _ failure: ResponseParser.Failure,
            status: UInt16 = 0
        ) -> Rule {
            Rule(section: section, answer: answer, state: .failed(failure), status: status)
        }
    }

    private static let ok = "HTTP/1.1 200 OK\r\n"
    private static let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"

    static let whole: [Rule] = [
        .whole("2.2: bare LF ends a line", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", body: 2),
        .whole("2.2: mixed line ends", "HTTP/1.1 200 OK\nContent-Length: 2\r\n\nok", body: 2),
        .whole("2.3: a higher minor version", "HTTP/1.9 200 OK\r\nContent-Length: 0\r\n\r\n"),
        .whole("4: the reason may be empty", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"),
        .whole("4: the reason may be missing", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
        .whole(
            "4: an unknown status", "HTTP/1.1 799 Hm\r\nContent-Length: 0\r\n\r\n", status: 799),
        .whole("5: names in any case", ok + "cOnTeNt-LeNgTh: 2\r\n\r\nok", body: 2),
        .whole("5: blanks around a value", ok + "Content-Length:\t 2 \t\r\n\r\nok", body: 2),
        .whole("5: no blank before a value", ok + "Content-Length:2\r\n\r\nok", body: 2),
        .whole("5: an empty value", ok + "X:\r\nContent-Length: 2\r\n\r\nok", body: 2),
        .whole(
            "5.2: a folded line", ok + "X: a\r\n b\r\n\tc\r\nContent-Length: 2\r\n\r\nok", body: 2),
        .whole("6.3 rule 1: HEAD", ok + "Content-Length: 9\r\n\r\n", isHEAD: true),
        .whole("6.3 rule 1: HEAD, chunked", chunked, isHEAD: true),
        .whole("6.3 rule 1: 204", "HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n", status: 204),
        .whole("6.3 rule 1: 304", "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n", status: 304),
        .whole(
            "6.3 rule 1: 1xx goes before",
            "HTTP/1.1 100 Continue\r\n\r\n" + ok
                + "Content-Length: 1\r\n\r\nx", body: 1),
        .whole(
            "6.3 rule 1: several 1xx",
            "HTTP/1.1 103 Hints\r\nLink: a\r\n\r\n"
                + "HTTP/1.1 102 Wait\r\nContent-Length: 7\r\n\r\n" + ok
                + "Content-Length: 1\r\n\r\nx", body: 1),
        .whole(
            "6.3 rule 3: Transfer-Encoding overrides Content-Length",
            ok
                + "Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
            body: 1),
        .whole(
            "6.3 rule 4: chunked is last",
            ok
                + "Transfer-Encoding: gzip, Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", body: 1),
        .whole(
            "6.3 rule 5: equal lengths",
            ok
                + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", body: 1),
        .whole(
            "6.3 rule 6: what follows is not ours",
            ok
                + "Content-Length: 1\r\n\r\nxHTTP", body: 1, left: 4),
        .whole(
            "7.1: hex in either case", chunked + "a\r\n0123456789\r\nB\r\n01234567890\r\n0\r\n\r\n",
            body: 21),
        .whole("7.1: leading zeros", chunked + "0002\r\nok\r\n000\r\n\r\n", body: 2),
        .whole("7.1: bare LF in chunks", chunked + "2\nok\n0\n\n", body: 2),
        .whole("7.1.1: extensions", chunked + "2;a;b=\"c;d\"\r\nok\r\n0 ; z\r\n\r\n", body: 2),
        .whole("7.1.2: trailers", chunked + "2\r\nok\r\n0\r\nA: b\r\nC: d\r\n\r\n", body: 2),
        .whole("7.1.2: what follows trailers", chunked + "0\r\nA: b\r\n\r\nHTTP", left: 4),
        .whole(
            "9.3: 1.0 closes", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", body: 1,
            keeps: false),
        .whole(
            "9.3: 1.0 asked to stay",
            "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n"
                + "Content-Length: 1\r\n\r\nx", body: 1),
        .whole(
            "9.6: close", ok + "Connection: close\r\nContent-Length: 1\r\n\r\nx", body: 1,
            keeps: false),
        .whole(
            "9.6: close in a list", ok + "Connection: a, CLOSE ,b\r\nContent-Length: 1\r\n\r\nx",
            body: 1, keeps: false),
        .whole(
            "9.6: not quite close", ok + "Connection: closed\r\nContent-Length: 1\r\n\r\nx",
            body: 1),
    ]

    static let unfinished: [Rule] = [
        Rule(
            section: "6.3 rule 4: chunked is not last",
            answer: ok
                + "Transfer-Encoding: chunked, gzip\r\n\r\nabc", state: .more, body: 3,
            keeps: false,
            isWholeAtEnd: true),
        Rule(
            section: "6.3 rule 8: until the close", answer: ok + "\r\nabc", state: .more, body: 3,
            keeps: false, isWholeAtEnd: true),
        Rule(
            section: "8: a short body", answer: ok + "Content-Length: 5\r\n\r\nabc", state: .more,
            body: 3),
        Rule(section: "8: no last chunk", answer: chunked + "3\r\nabc\r\n", state: .more, body: 3),
        Rule(section: "8: no end of the trailers", answer: chunked + "0\r\nA: b\r\n", state: .more),
        Rule(section: "8: half a head", answer: ok + "X: y\r\n", state: .more, status: 0),
        Rule(
            section: "8: only a 1xx", answer: "HTTP/1.1 100 Go on\r\n\r\n", state: .more,
            status: 0),
        Rule(section: "8: nothing", answer: "", state: .more, status: 0),
    ]

    static let wrong: [Rule] = [
        .wrong("2.3: HTTP/2 in text", "HTTP/2 200 OK\r\n\r\n", .notHTTP),
        .wrong("2.3: no version", "HTTP 200 OK\r\n\r\n", .notHTTP),
        .wrong("2.3: names in lower case", "http/1.1 200 OK\r\n\r\n", .notHTTP),
        .wrong("2.2: an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", .notHTTP),
        .wrong("4: two digits", "HTTP/1.1 20 OK\r\n\r\n", .notHTTP),
        .wrong("4: four digits", "HTTP/1.1 2000 OK\r\n\r\n", .notHTTP),
        .wrong("4: letters", "HTTP/1.1 2x0 OK\r\n\r\n", .notHTTP),
        .wrong("4: below 100", "HTTP/1.1 099 OK\r\n\r\n", .notHTTP),
        .wrong("4: something else", "220 smtp.example.org\r\n\r\n", .notHTTP),
        .wrong("5: no colon", ok + "Nonsense\r\n\r\n", .badHeader),
        .wrong(
            "6.3 rule 5: lengths that differ",
            ok
                + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", .badContentLength),
        .wrong(
            "6.3 rule 5: a list of lengths", ok + "Content-Length: 1, 2\r\n\r\nx",
            .badContentLength),
        .wrong("6.3 rule 5: negative", ok + "Content-Length: -1\r\n\r\n", .badContentLength),
        .wrong("6.3 rule 5: a plus sign", ok + "Content-Length: +1\r\n\r\nx", .badContentLength),
        .wrong("6.3 rule 5: hex", ok + "Content-Length: 0x1\r\n\r\nx", .badContentLength),
        .wrong("6.3 rule 5: empty", ok + "Content-Length:\r\n\r\n", .badContentLength),
        .wrong(
            "6.3 rule 5: overflow", ok + "Content-Length: 99999999999999999999\r\n\r\n",
            .badContentLength),
        .wrong("7.1: no size", chunked + "\r\nx", .badChunk, status: 200),
        .wrong("7.1: not hex", chunked + "g\r\nx", .badChunk, status: 200),
        .wrong("7.1: negative", chunked + "-1\r\nx", .badChunk, status: 200),
        .wrong("7.1: overflow", chunked + "fffffffffffffffff\r\n", .badChunk, status: 200),
        .wrong("7.1: a chunk too long", chunked + "1\r\nxx\r\n0\r\n\r\n", .badChunk, status: 200),
        .wrong("7.1: a second CR", chunked + "1\r\nx\r\r\n0\r\n\r\n", .badChunk, status: 200),
    ]

    @Test(arguments: whole + unfinished + wrong)
    func `the parser follows`(_ rule: Rule) {
        for cuts in [[], Array(1..<max(1, rule.answer.utf8.count))] {
            let reading = Reading(Array(rule.answer.utf8), cuts: cuts, isHEAD: rule.isHEAD)
            let how = cuts.isEmpty ? "whole" : "byte by byte"
            #expect(reading.state == rule.state, "\(how)")
            #expect(reading.status == rule.status, "\(how)")
            if case .failed = rule.state { continue }
            #expect(reading.bodyBytes == rule.body, "\(how)")
            #expect(reading.status == 0 || reading.keepsAlive == rule.keeps, "\(how)")
            #expect(reading.isWholeAtEnd == rule.isWholeAtEnd, "\(how)")
            if rule.state == .complete, cuts.isEmpty { #expect(reading.left == rule.left) }
        }
    }

    @Test func `a head has a limit, whole or in pieces`() {
        let limit = ResponseParser.headMax
        for excess in [0, 1] {
            let start = Self.ok + "Content-Length: 0\r\nX: "
            let filler = String(repeating: "x", count: limit - start.utf8.count - 4 + excess)
            let bytes = Array((start + filler + "\r\n\r\n").utf8)
            let state: ResponseParser.State = excess == 0 ? .complete : .failed(.headTooLarge)
            #expect(Reading(bytes, cuts: [], isHEAD: false).state == state)
            let cuts = Array(stride(from: 1_000, to: bytes.count, by: 1_000))
            #expect(Reading(bytes, cuts: cuts, isHEAD: false).state == state)
        }
    }

    @Test func `trailers and extensions have a limit`() {
        let filler = String(repeating: "x", count: ResponseParser.headMax)
        for text in ["1;\(filler)\r\nx\r\n", "0\r\nX: \(filler)\r\n\r\n"] {
            let reading = Reading(Array((Self.chunked + text).utf8), cuts: [], isHEAD: false)
            #expect(reading.state == .failed(.badChunk))
        }
    }
}

/// What the parser says of bytes that arrive in pieces; as a transport does, unused bytes are presented again.
struct Reading: Equatable {
    var state = ResponseParser.State.more
    var status: UInt16 = 0
    var bodyBytes = 0
    var keepsAlive = true
    /// Bytes of the last piece behind a complete answer.
    var left = 0
    var isWholeAtEnd = false

    init(_ bytes: [UInt8], cuts: [Int], isHEAD: Bool) {
        var parser = ResponseParser(answersHEAD: isHEAD)
        var used = 0
        for end in cuts + [bytes.count] where state == .more {
            unsafe bytes.withUnsafeBytes {
                let piece = unsafe UnsafeRawBufferPointer(rebasing: $0[used..<end])
                let (state, count) = unsafe parser.consume(piece)
                self.state = state
                used += count
                left = end - used
            }
        }
        status = parser.status
        bodyBytes = parser.bodyBytes
        keepsAlive = parser.keepsAlive
        if case .failed = state { return }
        isWholeAtEnd = parser.end()
    }
}
