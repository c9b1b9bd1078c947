import Reactor
import TestSupport
import Testing
import Time
import Transport

/// Redirects, which only the curl transport follows: each an attempt of its own, and never to anywhere else.
struct RedirectTests {
    private static func redirecting(
        status: Int = 302, to place: @escaping @Sendable (String) -> String?
    ) -> HostileServer.Script {
        { connection throws(Hangup) in
            while true {
                let request = try connection.readRequest()
                let path = String(request.start.split(separator: " ")[1])
                if let place = place(path) {
                    try connection.send(
                        "HTTP/1.1 \(status) Found\r\nLocation: \(place)\r\n"
                            + "Content-Length: 4\r\n\r\n"
                            + (request.start.hasPrefix("HEAD") ? "" : "gone"))
                } else {
                    let isHEAD = request.start.hasPrefix("HEAD")
                    try connection.send(isHEAD ? String(plainAnswer.dropLast(2)) : plainAnswer)
                }
            }
        }
    }

    @Test(arguments: [TransportKind.curl, .curlTLS])
    func `each redirect that is followed is an attempt of its own`(_ kind: TransportKind) throws {
        try withServer(Self.redirecting { $0 == "/a" ? "/b" : $0 == "/b" ? "/c" : nil }) {
            server in
            let harness = try TransportHarness(kind, port: server.port, request: .get("/a")) { _ in
            } curl: {
                $0.redirects = 2
            }
            for round in 1...2 {
                let intended = Clock.now() - .milliseconds(3)
                guard case .started = harness.start(intended: intended) else { return }
                let all = try harness.run(until: 3)
                #expect(all.count == 3)
                for one in all { expectOrder(one) }
                #expect(all.map(\.isHop) == [true, true, false])
                #expect(all.map(\.status) == [302, 302, 200])
                #expect(all.map(\.outcome) == [.ok, .ok, .ok])
                let head = "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 4\r\n\r\n"
                #expect(all.prefix(2).allSatisfy { $0.bytesReceived >= head.utf8.count })
                // A hop has its own times, the last attempt those of the whole chain.
                #expect(all[0].end <= all[1].actualStart && all[1].end <= all[2].sendStart)
                #expect(all[1].intendedStart == all[1].actualStart)
                #expect(all[2].intendedStart == intended && all[0].intendedStart == intended)
                #expect(all[2].actualStart == all[0].actualStart)
                #expect(server.seen.requests.count == 3 * round)
            }
            #expect(server.seen.requests.prefix(3).map(\.start) == ["GET /a", "GET /b", "GET /c"])
        }
    }

    @Test func `one redirect too many ends as redirect`() throws {
        try withServer(Self.redirecting { _ in "/again" }) { server in
            let harness = try TransportHarness(.curl, port: server.port) { _ in
            } curl: {
                $0.redirects = 2
            }
            try harness.mustStart()
            let all = try harness.run(until: 3)
            #expect(all.map(\.outcome) == [.ok, .ok, .redirect])
            #expect(all.map(\.isHop) == [true, true, false])
            #expect(server.seen.requests.count == 3)
        }
    }

    @Test func `without redirects a 302 is an answer like any other`() throws {
        try withServer(Self.redirecting { _ in "/again" }) { server in
            let harness = try TransportHarness(.curl, port: server.port)
            let one = try harness.exchange()
            #expect(one.outcome == .ok && one.status == 302 && !one.isHop)
            #expect(server.seen.requests.count == 1)
        }
    }

    private static let elsewhere = [
        "http://127.0.0.2:PORT/x", "//127.0.0.2:PORT/x", "http://127.0.0.1:OTHER/x",
        "http://127.0.0.1:PORT@127.0.0.2:OTHER/x", "http://user:word@127.0.0.1:PORT/x",
        "http://user@127.0.0.1:PORT/x", "http://localhost:PORT/x", "https://127.0.0.1:PORT/x",
        "http://127.0.0.1/x",
        "ftp://127.0.0.1:PORT/x", "file:///etc/hostname", "http://[::1]:PORT/x",
        "http://127.0.0.2:OTHER\\@127.0.0.1:PORT/x", "http://", "HTTP://127.0.0.2:OTHER",
    ]

    /// Nobody allowed load on another scheme, host or port, so nothing is even connected to.
    @Test(arguments: elsewhere)
    func `a redirect elsewhere ends as redirect, and nothing is opened`(_ place: String) throws {
        let script: HostileServer.Script = { connection throws(Hangup) in
            try connection.serve(plainAnswer)
        }
        try withServer(ip: "127.0.0.1", script) { other in
            try withServer(ip: "127.0.0.2", port: other.port, script) { stranger in
                try withServer({ connection throws(Hangup) in
                    try connection.serve(
                        "HTTP/1.1 302 Found\r\nLocation: "
                            + place.replacing("PORT", with: "\(connection.port)")
                            .replacing("OTHER", with: "\(other.port)")
                            + "\r\nContent-Length: 0\r\n\r\n")
                }) { server in
                    let harness = try TransportHarness(.curl, port: server.port) { _ in
                    } curl: {
                        $0.redirects = 3
                    }
                    for _ in 0..<3 {
                        let one = try harness.exchange()
                        #expect(one.outcome == .redirect && one.status == 302 && !one.isHop)
                    }
                    #expect(server.seen.requests.count == 3 && server.seen.connections == 1)
                    #expect(stranger.seen.connections == 0 && other.seen.connections == 0)
                }
            }
        }
    }

    @Test func `a redirect from https to http is not followed`() throws {
        let port = try TLSGround.shared.get().port(.good)
        try withServer({ connection throws(Hangup) in
            let host = "\(TLSGround.name(for: connection.port)):\(port)"
            try connection.serve(
                "HTTP/1.1 302 Found\r\nLocation: http://\(host)/\r\nContent-Length: 0\r\n\r\n")
        }) { server in
            let harness = try TransportHarness(.curlTLS, port: server.port) { _ in
            } curl: {
                $0.redirects = 3
            }
            for _ in 0..<2 { #expect(try harness.exchange().outcome == .redirect) }
            #expect(server.seen.requests.count == 2)
        }
    }

    /// They would not show that another place is meant.
    @Test(arguments: [true, false])
    func `a redirect elsewhere is not followed through a proxy or a Unix socket`(
        _ isProxy: Bool
    ) throws {
        let folder = try TemporaryFolder()
        let unix = isProxy ? nil : folder.path("socket")
        try withServer(
            unix: unix,
            Self.redirecting { $0.hasSuffix("/a") ? "/b" : "http://127.0.0.1:2/x" }
        ) { server in
            let address = try #require(
                unix.map { SocketAddress(unixPath: $0) }
                    ?? SocketAddress(ip: "127.0.0.1", port: server.port))
            let harness = try TransportHarness(
                .curl, port: 1, request: .get("/a"), peers: [address]
            ) { _ in
            } curl: {
                $0.redirects = 3
                $0.unix = unix
                if isProxy { $0.proxy = "http://127.0.0.1:\(server.port)" }
                $0.resolvedPort = server.port
            }
            for _ in 0..<2 {
                try harness.mustStart()
                #expect(try harness.run(until: 2).map(\.outcome) == [.ok, .redirect])
            }
            #expect(server.seen.requests.count == 4)
        }
    }

    @Test(arguments: [
        ("/b", "/b"), ("b?c=d", "/a/b?c=d"), ("../b/./c", "/b/c"), ("?x", "/a/?x"),
        ("http://127.0.0.1:PORT/b", "/b"), ("HTTP://127.0.0.1:PORT", "/"),
        ("//127.0.0.1:PORT/b#part", "/b"), ("/b c", "/b%20c"), ("/é", "/%c3%a9"),
    ])
    func `a redirect within the target is followed`(_ place: String, _ path: String) throws {
        try withServer({ connection throws(Hangup) in
            while true {
                let request = try connection.readRequest()
                let there = place.replacing("PORT", with: "\(connection.port)")
                try connection.send(
                    request.start == "GET /a/"
                        ? "HTTP/1.1 307 Go\r\nLocation: \(there)\r\nContent-Length: 0\r\n\r\n"
                        : plainAnswer)
            }
        }) { server in
            let harness = try TransportHarness(.curl, port: server.port, request: .get("/a/")) {
                _ in
            } curl: {
                $0.redirects = 3
            }
            try harness.mustStart()
            #expect(try harness.run(until: 2).map(\.outcome) == [.ok, .ok])
            let seen = server.seen
            #expect(seen.requests.map { $0.start.lowercased() } == ["get /a/", "get \(path)"])
            #expect(seen.connections == 1)
        }
    }

    @Test(arguments: [
        (301, "POST", "GET", 0), (302, "POST", "GET", 0), (303, "POST", "GET", 0),
        (303, "PUT", "GET", 0), (307, "POST", "POST", 4), (308, "PUT", "PUT", 4),
        (302, "PUT", "PUT", 4), (303, "HEAD", "HEAD", 0),
    ])
    func `a redirect's status says what is sent next`(
        _ status: Int, _ method: String, _ next: String, _ body: Int
    ) throws {
        try withServer(Self.redirecting(status: status) { $0 == "/a" ? "/b" : nil }) { server in
            let request = RenderedRequest.get(
                "/a", method: method, body: method == "HEAD" ? [] : Array("body".utf8))
            let harness = try TransportHarness(.curl, port: server.port, request: request) { _ in
            } curl: {
                $0.redirects = 1
            }
            for _ in 0..<2 {
                try harness.mustStart()
                #expect(try harness.run(until: 2).map(\.outcome) == [.ok, .ok])
            }
            let seen = server.seen.requests
            let starts = ["\(method) /a", "\(next) /b"]
            #expect(seen.map(\.start) == starts + starts)
            #expect(seen.map(\.bodyBytes).suffix(2) == [method == "HEAD" ? 0 : 4, body])
            #expect(seen[1].header("content-length") == (body > 0 ? "\(body)" : nil))
        }
    }

    @Test func `what fails behind a redirect has the times of its whole arrival`() throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.pause(milliseconds: 20)
            try connection.send(
                "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n")
            try connection.readRequest()
        }) { server in
            let harness = try TransportHarness(.curl, port: server.port) { _ in
            } curl: {
                $0.redirects = 1
            }
            try harness.mustStart()
            let all = try harness.run(until: 2)
            #expect(all.map(\.outcome) == [.ok, .reset])
            #expect(all.allSatisfy { $0.end - $0.actualStart >= .milliseconds(20) })
            #expect(all.map(\.status) == [302, 0])
        }
    }

    @Test func `a redirect loses no request when its connection closes`() throws {
        try withServer({ connection throws(Hangup) in
            let request = try connection.readRequest()
            try connection.send(
                request.start == "GET /"
                    ? "HTTP/1.1 302 Found\r\nLocation: /b\r\nConnection: close\r\n"
                        + "Content-Length: 0\r\n\r\n" : plainAnswer)
        }) { server in
            let harness = try TransportHarness(.curl, port: server.port) { _ in
            } curl: {
                $0.redirects = 1
            }
            try harness.mustStart()
            let all = try harness.run(until: 2)
            #expect(all.map(\.outcome) == [.ok, .ok])
            #expect(server.seen.requests.count == 2)
        }
    }
}
