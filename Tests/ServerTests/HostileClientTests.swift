import Foundation
import Properties
import Reactor
import Server
import Synchronization
import Testing
import Time

/// Clients that are slow, broken or hostile: each costs a bounded place for a bounded time.
@Suite struct HostileClientTests {
    /// Far above what a loopback socket's buffers hold.
    private static let large = 24 << 20

    private func server(
        _ limits: ServerLimits = ServerLimits(), onWritten: (@Sendable () -> Void)? = nil
    ) throws -> RunningServer {
        try RunningServer(limits: limits) {
            [
                Route("/metrics", summary: "the page", isLimited: true) { _ in .text("page\n") },
                Route("/large", summary: "a large page", isLimited: true) { _ in
                    var response = Response(
                        contentType: "text/plain",
                        body: [UInt8](repeating: 65, count: Self.large))
                    response.onWritten = onWritten
                    return response
                },
            ]
        }
    }

    private func brief(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
        var limits = ServerLimits()
        change(&limits)
        return limits
    }

    private static let scrape = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test(arguments: [
        ("GET\r\n", 400), ("\u{16}\u{3}\u{1}\u{2}\u{0}", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET /" + String(repeating: "a", count: 5_000) + " HTTP/1.1\r\n", 414),
        ("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 9_000), 431),
        ("GET / HTTP/3.0\r\n", 505), ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n", 400),
        ("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 8193\r\n\r\n", 413),
        ("POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        (scrape.replacingOccurrences(of: "\r\n", with: "\r"), 400),
    ])
    func `what is not a request gets its status and the end`(text: String, status: Int) throws {
        let server = try server()
        let client = try Client(server.address)
        client.send(text)
        let answer = try client.answer()
        #expect(answer.status == status)
        #expect(answer.header("Connection") == "close")
        #expect(try client.receiveAll().isEmpty)
        #expect(try Client(server.address).get("/metrics").status == 200)
    }

    @Test func `an answer to a flood is not lost in a reset`() throws {
        let server = try server()
        let client = try Client(server.address)
        client.send("GET / HTTP/9.9\r\n" + String(repeating: "x", count: 100_000))
        #expect(try client.answer().status == 505)
        #expect(try client.receiveAll().isEmpty)
    }

    @Test func `a request byte by byte is answered when it is in time`() throws {
        let server = try server()
        let client = try Client(server.address)
        for character in Self.scrape { client.send(String(character)) }
        #expect(try client.answer().text == "page\n")
    }

    @Test func `a request that does not end is timed out, however busy its client`() throws {
        let server = try server(brief { $0.request = .milliseconds(150) })
        let client = try Client(server.address)
        // Each byte is progress; the whole is what has a time.
        client.send("GET /metrics HTTP/1.1\r\nX: ")
        let counts = { try server.ask { $0.counts.timedOut } }
        while try counts() == 0 {
            client.send("y")
            usleep(5_000)
        }
        let answer = try client.answer()
        #expect(answer.status == 408)
        #expect(answer.text == "408 Request Timeout: the request was not complete after 150ms\n")
        #expect(try client.receiveAll().isEmpty)
    }

    @Test func `the second request of a connection has its own time`() throws {
        let server = try server(brief { $0.request = .milliseconds(400) })
        let client = try Client(server.address)
        #expect(try client.get("/metrics").status == 200)
        client.send("GET")
        #expect(try client.answer().status == 408)
    }

    @Test func `a connection that says nothing is closed without a word`() throws {
        let server = try server(
            brief {
                $0.request = .milliseconds(400)
                $0.idle = .milliseconds(100)
            })
        let silent = try Client(server.address)
        #expect(try silent.receiveAll().isEmpty)
        let idle = try Client(server.address)
        #expect(try idle.get("/metrics").status == 200)
        #expect(try idle.receiveAll().isEmpty)
        #expect(try server.ask { $0.openConnections } == 0)
    }

    @Test func `a client that never reads loses its connection`() throws {
        let server = try server(brief { $0.answer = .milliseconds(200) })
        let client = try Client(server.address, receiveBuffer: 4_096)
        client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        try server.wait { $0.counts.timedOut == 1 }
        #expect(try client.receiveAll().count < Self.large)
        #expect(try server.ask { $0.scrapesInProgress } == 0)
    }

    @Test func `whoever leaves in the middle of an answer frees the place, unheard`() throws {
        let written = WrittenCount()
        let server = try server(onWritten: { written.add() })
        for _ in 0..<5 {
            let client = try Client(server.address, receiveBuffer: 4_096)
            client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            try server.wait { $0.scrapesInProgress == 1 }
            client.reset()
            try server.wait { $0.openConnections == 0 }
        }
        #expect(try server.ask { $0.scrapesInProgress } == 0)
        #expect(written.value == 0)
        // A client that reads it all is heard once.
        let reader = try Client(server.address)
        #expect(try reader.get("/large").body.count == Self.large)
        try server.wait { $0.scrapesInProgress == 0 }
        #expect(written.value == 1)
    }

    @Test func `half a request and an end is no request`() throws {
        let server = try server()
        let client = try Client(server.address)
        client.send("GET /metrics HT")
        client.endSending()
        #expect(try client.receiveAll().isEmpty)
        try server.wait { $0.openConnections == 0 }
        #expect(try server.ask { $0.counts.requests } == 0)
    }

    @Test func `five hundred slow clients do not keep a scrape waiting`() throws {
        let server = try server()
        var slow: [Client] = []
        for number in 0..<500 {
            let client = try Client(server.address)
            client.send("GET /metrics HTTP/1.1\r\nX-\(number): ")
            slow.append(client)
            if number % 50 == 49 {
                #expect(try Client(server.address).get("/metrics").text == "page\n")
            }
        }
        try server.wait { $0.counts.connections == 510 }
        #expect(try server.ask { $0.openConnections } <= 64)
        #expect(try server.ask { $0.counts.evicted } >= 436)
        #expect(try Client(server.address).get("/metrics").text == "page\n")
    }

    @Test func `a newcomer takes one place, and whoever was silent longest gives it`() throws {
        let server = try server(brief { $0.connections = 2 })
        let first = try Client(server.address)
        try server.wait { $0.openConnections == 1 }
        let second = try Client(server.address)
        try server.wait { $0.openConnections == 2 }
        let newcomer = try Client(server.address)
        #expect(try newcomer.get("/metrics").text == "page\n")
        #expect(try first.receiveAll().isEmpty)
        #expect(try server.ask { $0.counts.evicted } == 1)
        #expect(try second.get("/metrics").text == "page\n")
    }

    @Test func `answers that are under way are not given up for newcomers`() throws {
        let server = try server(
            brief {
                $0.connections = 2
                $0.answer = .seconds(20)
            })
        let readers = try (0..<2).map { _ in
            let client = try Client(server.address, receiveBuffer: 4_096)
            client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            return client
        }
        try server.wait { $0.scrapesInProgress == 2 }
        // It waits in the kernel's backlog until one of the two has its answer.
        let late = try Client(server.address)
        late.send(Self.scrape)
        #expect(try server.ask { $0.openConnections } == 2)
        #expect(try readers[0].answer().body.count == Self.large)
        #expect(try late.answer().text == "page\n")
        #expect(try readers[1].answer().body.count == Self.large)
    }

    @Test func `too many scrapes at once are told to come again`() throws {
        let server = try server(brief { $0.scrapes = 2 })
        let readers = try (0..<2).map { _ in
            let client = try Client(server.address, receiveBuffer: 4_096)
            client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            return client
        }
        try server.wait { $0.scrapesInProgress == 2 }
        let third = try Client(server.address)
        let answer = try third.get("/metrics")
        #expect(answer.status == 503)
        #expect(answer.text == "Limit of concurrent requests reached (2), try again later.\n")
        #expect(try readers[0].answer().body.count == Self.large)
        try server.wait { $0.scrapesInProgress == 1 }
        #expect(try third.get("/metrics").status == 200)
        #expect(try readers[1].answer().body.count == Self.large)
    }

    @Test func `noise never stops the server`() throws {
        var random = Seeded()
        let alphabet = Array("GET /:\r\n\u{0}\u{7f}HTP1. aé".unicodeScalars)
        let server = try server()
        for length in 0..<200 {
            let client = try Client(server.address)
            var noise = String.UnicodeScalarView()
            for _ in 0..<length * 7 { noise.append(random.pick(alphabet)) }
            client.send(String(noise))
        }
        #expect(try Client(server.address).get("/metrics").text == "page\n", "\(random)")
    }
}

private final class WrittenCount: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .acquiring) }
    func add() { count.add(1, ordering: .acquiringAndReleasing) }
}
