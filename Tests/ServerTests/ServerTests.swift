import Foundation
import HTTP1
import Reactor
import Server
import Testing
import Time

/// Answers to clients that behave.
@Suite struct ServerTests {
    private static let page = Array(
        String(repeating: "ballast_requests_sent_total{load=\"a\"} 1\n", count: 200).utf8)

    private func server(on ip: String = "127.0.0.1") throws -> RunningServer {
        try RunningServer(on: ip) {
            [
                Route("/metrics", summary: "the page", isLimited: true) { _ in .metrics(Self.page)
                },
                Route("/echo", summary: "the query") { request in
                    .text(
                        request.queryItems.map { "\($0.name)=\($0.value)" }.joined(separator: ";"))
                },
                Route("/-/reload", methods: ["POST"], summary: "reloads") { request in
                    .text("\(request.request.bodyLength)\n")
                },
            ]
        }
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func `a scrape is answered with all its headers`(ip: String) throws {
        let server = try server(on: ip)
        #expect(server.address.host == ip)
        let answer = try Client(server.address).get("/metrics")
        #expect(answer.status == 200)
        #expect(answer.body == Self.page)
        let expected = [
            "Content-Type": "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
            "Content-Length": "\(Self.page.count)", "Vary": "Accept, Accept-Encoding",
            "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        ]
        for (name, value) in expected { #expect(answer.header(name) == value) }
        #expect(answer.header("Connection") == nil)
        #expect(answer.header("Content-Encoding") == nil)
        let pattern = /\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/
        #expect(try pattern.wholeMatch(in: answer.header("Date") ?? "") != nil)
    }

    @Test func `one connection serves request after request`() throws {
        let server = try server()
        let client = try Client(server.address)
        for number in 0..<50 {
            #expect(try client.get("/echo?n=\(number)").text == "n=\(number)")
        }
        #expect(try server.ask { $0.counts.connections } == 1)
        #expect(try server.ask { $0.counts.requests } == 50)
    }

    @Test func `pipelined requests are answered in their order`() throws {
        let server = try server()
        let client = try Client(server.address)
        let requests = (0..<300).map { "GET /echo?n=\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
        client.send(requests.joined())
        for number in 0..<300 { #expect(try client.answer().text == "n=\(number)") }
    }

    @Test func `HEAD has the headers of GET and no body`() throws {
        let server = try server()
        let client = try Client(server.address)
        let head = try client.get("/metrics", method: "HEAD")
        let get = try client.get("/metrics")
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head.header("Content-Length") == get.header("Content-Length"))
        #expect(head.header("Content-Type") == get.header("Content-Type"))
    }

    @Test func `an HTTP 1.0 client gets its answer and the end`() throws {
        let server = try server()
        let client = try Client(server.address)
        client.send("GET /echo?a HTTP/1.0\r\n\r\n")
        let all = String(decoding: try client.receiveAll(), as: UTF8.self)
        #expect(all.contains("Connection: close\r\n"))
        #expect(all.hasSuffix("\r\n\r\na="))
        let kept = try Client(server.address)
        kept.send("GET /echo?a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(try kept.answer().header("Connection") == "keep-alive")
        #expect(try kept.get("/echo?b").text == "b=")
    }

    @Test func `a client that stops sending still gets its answer`() throws {
        let server = try server()
        let client = try Client(server.address)
        client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        client.endSending()
        #expect(try client.receiveAll().suffix(Self.page.count) == Self.page[...])
    }

    @Test func `gzip is sent to those who ask, and only to them`() throws {
        let server = try server()
        let client = try Client(server.address)
        let packed = try client.get("/metrics", headers: "Accept-Encoding: gzip\r\n")
        #expect(packed.header("Content-Encoding") == "gzip")
        #expect(packed.body.count < Self.page.count / 10)
        #expect(Array(packed.body.prefix(2)) == [0x1F, 0x8B])
        let head = try client.get(
            "/metrics", method: "HEAD", headers: "Accept-Encoding: gzip\r\n")
        #expect(head.header("Content-Length") == "\(packed.body.count)")
        for header in ["Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding: identity\r\n", ""] {
            let plain = try client.get("/metrics", headers: header)
            #expect(plain.header("Content-Encoding") == nil)
            #expect(plain.body == Self.page)
        }
    }

    @Test func `query items are decoded`() throws {
        let server = try server()
        let text = try Client(server.address).get("/echo?a=1%2B1&b+c=%41&d&e=%zz&f=x=y").text
        #expect(text == "a=1+1;b c=A;d=;e=%zz;f=x=y")
    }

    @Test func `an unknown path is told what there is`() throws {
        let server = try server()
        let client = try Client(server.address)
        let answer = try client.get("/metricz")
        #expect(answer.status == 404)
        let expected = """
            404 Not Found. What there is:

              /metrics   the page
              /echo      the query
              /-/reload  reloads

            """
        #expect(answer.text == expected)
        #expect(try client.get("/echo?still=here").status == 200)
    }

    @Test func `methods that a route does not take are refused`() throws {
        let server = try server()
        let cases = [
            ("POST", "/metrics", 405, "GET, HEAD"), ("GET", "/-/reload", 405, "POST"),
            ("DELETE", "/echo", 405, "GET, HEAD"), ("BREW", "/echo", 501, nil),
        ]
        for (method, path, status, allow) in cases {
            let client = try Client(server.address)
            let answer = try client.get(path, method: method)
            #expect(answer.status == status)
            #expect(answer.header("Allow") == allow)
            #expect(answer.header("Connection") == "close")
            #expect(try client.receiveAll().isEmpty)
        }
    }

    @Test func `a body is taken in, announced or not`() throws {
        let server = try server()
        let client = try Client(server.address)
        let head = "POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        client.send(head + "\r\nhello")
        #expect(try client.answer().text == "5\n")
        client.send(head + "Expect: 100-continue\r\n\r\n")
        #expect(try client.answer(hasBody: false).status == 100)
        client.send("hello")
        #expect(try client.answer().text == "5\n")
        #expect(try client.get("/-/reload", method: "POST").text == "0\n")
    }

    @Test func `a port in use is an error that names it`() throws {
        let server = try server()
        let address = server.address
        #expect(throws: SystemError("bind", EADDRINUSE)) {
            _ = try Server(listen: address, loop: try EventLoop(), routes: [])
        }
    }
}
