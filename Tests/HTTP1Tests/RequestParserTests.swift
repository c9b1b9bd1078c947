import HTTP1
import Testing

@Suite struct RequestParserTests {
    private func parse(
        _ text: String, _ limits: RequestParser.Limits = .init()
    ) -> RequestParser.Step {
        var parser = RequestParser(limits: limits)
        return parser.consume(Array(text.utf8)[...]).step
    }

    private func status(_ text: String, _ limits: RequestParser.Limits = .init()) -> Int? {
        guard case .failed(let error) = parse(text, limits) else { return nil }
        return error.status
    }

    private func request(
        _ text: String, _ limits: RequestParser.Limits = .init()
    ) throws -> HTTPRequest {
        guard case .complete(let request) = parse(text, limits) else {
            throw RequestError(0, "not complete: \(parse(text, limits))")
        }
        return request
    }

    private var bodies: RequestParser.Limits {
        var limits = RequestParser.Limits()
        limits.body = 100
        limits.chunked = true
        limits.keepsBody = true
        return limits
    }

    @Test func `a request is taken apart`() throws {
        let request = try request(
            "GET /metrics?name=a&verbose HTTP/1.1\r\nHost: localhost:9909\r\nX-A:  b c \t\r\n\r\n")
        #expect(request.method == "GET")
        #expect(request.path == "/metrics")
        #expect(request.query == "name=a&verbose")
        #expect(request.minorVersion == 1)
        #expect(request.headers["HOST"] == "localhost:9909")
        #expect(request.headers["x-a"] == "b c")
        #expect(request.headers["missing"] == nil)
        #expect(request.keepsAlive)
    }

    @Test func `repeated headers are joined by commas`() throws {
        let request = try request(
            "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\naccept: */*\r\n\r\n")
        #expect(request.headers["Accept"] == "text/plain, */*")
        #expect(request.headers.tokens(of: "accept") == ["text/plain", "*/*"])
    }

    @Test func `an absolute target has the same path as a relative one`() throws {
        let cases = [
            ("http://h:1/a/b?c", "/a/b", "c"), ("http://h", "/", nil), ("http://h?x", "/", "x"),
            ("/a?b?c", "/a", "b?c"), ("/go?to=http://x/y", "/go", "to=http://x/y"),
        ]
        for (target, path, query) in cases {
            let request = try request("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(request.path == path, "\(target)")
            #expect(request.query.map { String($0) } == query, "\(target)")
        }
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: Upgrade, CLOSE\r\n", false), ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
    ])
    func `the connection stays open as version and header say`(
        version: String, header: String, keepsAlive: Bool
    ) throws {
        let request = try request("GET / \(version)\r\nHost: a\r\n\(header)\r\n")
        #expect(request.keepsAlive == keepsAlive)
    }

    @Test(arguments: [
        ("GET /\r\n\r\n", 400), ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400), (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        ("GET metrics HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", 400), ("GET / HTTP/1.1\rHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nName : x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{0}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{7f}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400), ("\u{16}\u{3}\u{1}", 400),
        ("GET / HTTP/2.0\r\n", 505), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 0\r\n\r\n", nil),
    ])
    func `what is not HTTP is refused with its status`(text: String, expected: Int?) {
        #expect(status(text) == expected)
    }

    @Test func `a body to be expected by something unknown is refused`() {
        let text = "POST / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 3\r\n\r\n"
        #expect(status(text, bodies) == 417)
    }

    @Test func `the head and the target have exact limits`() throws {
        var limits = RequestParser.Limits()
        limits.target = 10
        #expect(try request("GET /234567890 HTTP/1.0\r\n\r\n", limits).target.utf8.count == 10)
        #expect(status("GET /234567890x", limits) == 414)
        let text = "GET / HTTP/1.0\r\nX: yyyy\r\n\r\n"
        limits.head = text.utf8.count
        #expect(try request(text, limits).headers["x"] == "yyyy")
        limits.head -= 1
        #expect(status(text, limits) == 431)
        #expect(status(String(repeating: "\r\n", count: 100), limits) == 431)
        #expect(status(String(repeating: "M", count: 100), limits) == 431)
    }

    @Test func `bodies with a length are kept up to the limit`() throws {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
        let body = String(repeating: "b", count: 100)
        let whole = try request(head + "100\r\n\r\n" + body, bodies)
        #expect(whole.body == Array(body.utf8))
        #expect(whole.bodyLength == 100)
        #expect(status(head + "101\r\n\r\n", bodies) == 413)
        let twice = "5\r\nContent-Length: 5\r\n\r\nhello"
        #expect(try request(head + twice, bodies).body == Array("hello".utf8))
    }

    private let chunkedHead = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"

    @Test func `chunked bodies are put together`() throws {
        let body = "5;a=\"b\"\r\nhello\r\n00A \t;x\r\n, chunked!\r\n0\r\nTrailer: t\r\n\r\n"
        let request = try request(chunkedHead + body, bodies)
        #expect(request.body == Array("hello, chunked!".utf8))
        #expect(request.headers["trailer"] == nil)
        var counting = bodies
        counting.keepsBody = false
        let counted = try self.request(chunkedHead + body, counting)
        #expect(counted.body.isEmpty)
        #expect(counted.bodyLength == 15)
    }

    @Test(arguments: [
        ("x\r\n", 400), ("\r\n", 400), ("-1\r\n", 400), ("+1\r\n", 400), ("5\nhello", 400),
        ("5 x\r\n", 400), ("2\r\nabc\r\n", 400), ("2\r\nab\n", 400), ("65\r\n", 413),
        ("FFFFFFFFFFFFFFFF\r\n", 400), ("FFFFFFFFFFFFFFF\r\n", 413), ("0\r\nbad\r\n", 400),
    ])
    func `broken chunks are refused`(body: String, expected: Int) {
        #expect(status(chunkedHead + body, bodies) == expected)
    }

    @Test(arguments: [
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
    func `framing that two parsers could read differently is refused`(text: String) {
        #expect(status(text, bodies) == 400)
    }

    @Test(arguments: ["gzip", "gzip, chunked", "chunked, chunked", "identity", ""])
    func `other transfer codings are refused as 501`(coding: String) {
        let text = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \(coding)\r\n\r\n"
        #expect(status(text, bodies) == 501)
    }

    @Test func `a client that waits for 100 is announced once`() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"
        var parser = RequestParser(limits: bodies)
        let bytes = Array((head + "ab").utf8)
        let (used, step) = parser.consume(bytes[...])
        #expect(step == .expectsContinue)
        #expect(used == head.utf8.count)
        guard case .complete(let request) = parser.consume(bytes[used...]).step else {
            Issue.record("the body should complete the request")
            return
        }
        #expect(request.body == Array("ab".utf8))
    }

    @Test func `an HTTP 1.0 client is not asked to go on`() {
        let head = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        #expect(parse(head, bodies) == .incomplete)
    }

    @Test func `pipelined requests are taken one at a time`() {
        let first = "\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
        let second = "GET /2 HTTP/1.1\nHost: a\n\n"
        let bytes = Array((first + second).utf8)
        var parser = RequestParser()
        let (used, step) = parser.consume(bytes[...])
        #expect(used == first.utf8.count)
        guard case .complete(let one) = step else { return #expect(Bool(false), "\(step)") }
        #expect(one.path == "/1")
        let (rest, next) = parser.consume(bytes[used...])
        #expect(rest == second.utf8.count)
        guard case .complete(let two) = next else { return #expect(Bool(false), "\(next)") }
        #expect(two.path == "/2")
    }

    @Test func `a failed parser stays failed`() {
        var parser = RequestParser()
        let first = parser.consume(Array("\u{0}".utf8)[...])
        let second = parser.consume(Array("GET / HTTP/1.0\r\n\r\n".utf8)[...])
        #expect(first.used == 1)
        #expect(second.used == 0)
        #expect(first.step == second.step)
    }
}
