import Demo
import Reactor
import Testing
import Time

@Suite struct DemoTargetTests {
    @Test func `a plain request is answered with the behaviour's size`() throws {
        var behaviour = DemoBehaviour.immediate
        behaviour.size = 1_000
        let demo = try RunningDemo(behaviour)
        defer { demo.stop() }
        let answer = try demo.ask("/anything?q=1")
        #expect(answer.status == 200)
        #expect(answer.body == String(repeating: "x", count: 1_000))
        #expect(answer.head.contains("\r\nContent-Length: 1000"))
        #expect(answer.head.contains("\r\nConnection: close"))
    }

    @Test func `one connection carries many requests, also pipelined and split anywhere`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let one = "GET /?size=3&status=200 HTTP/1.1\r\nHost: demo\r\n\r\n"
        let last = "GET /?size=3&status=503 HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n"
        let all = Array((one + one + last).utf8)
        for split in stride(from: 1, to: all.count, by: 7) {
            let client = try Client(demo.address)
            client.send(String(decoding: all[..<split], as: UTF8.self))
            client.send(String(decoding: all[split...], as: UTF8.self))
            let text = client.readToEnd()
            #expect(
                text.split(separator: "HTTP/1.1 ").map { $0.prefix(3) } == ["200", "200", "503"])
        }
        let rounds = stride(from: 1, to: all.count, by: 7).underestimatedCount
        let answers = "\"answers\": {\"200\": \(2 * rounds), \"503\": \(rounds)}"
        #expect(try demo.ask("/counts").body.contains(answers))
    }

    @Test func `requests behind a delayed one wait for it and are not lost`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let client = try Client(demo.address)
        client.send(
            "GET /?delay=5ms&size=1 HTTP/1.1\r\nHost: demo\r\n\r\n"
                + "GET /?status=404&size=2 HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n")
        let text = client.readToEnd()
        #expect(text.split(separator: "HTTP/1.1 ").map { $0.prefix(3) } == ["200", "404"])
    }

    @Test func `a delayed answer is never early`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let start = Clock.now()
        #expect(try demo.ask("/?delay=20ms").status == 200)
        #expect(Clock.now() >= start + .milliseconds(20))
    }

    @Test func `a delayed connection does not hold up another one`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let slow = try Client(demo.address)
        slow.send("GET /?delay=1m HTTP/1.1\r\nHost: demo\r\n\r\n")
        while try !demo.ask("/counts").body.contains("\"requests\": 1,") {}
        #expect(try demo.ask("/").status == 200)
        let counts = try demo.ask("/counts").body
        #expect(counts.contains("\"requests\": 2, \"answers\": {\"200\": 1}"))
    }

    @Test func `many delayed answers all come`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let clients = try (0..<60).map { _ in try Client(demo.address) }
        for (number, client) in clients.enumerated() {
            let delay = number * 37 % 20
            client.send(
                "GET /?delay=\(delay)ms&size=\(number) HTTP/1.1\r\nHost: d\r\n"
                    + "Connection: close\r\n\r\n")
        }
        for (number, client) in clients.enumerated() {
            #expect(Answer(client.readToEnd()).body.utf8.count == number)
        }
        #expect(try demo.ask("/counts").body.contains("\"answers\": {\"200\": 60}"))
    }

    @Test func `close ends the connection, with and without chunks`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        for chunked in [0, 1] {
            let client = try Client(demo.address)
            client.send("GET /?close=1&chunked=\(chunked)&size=5 HTTP/1.1\r\nHost: demo\r\n\r\n")
            let answer = Answer(client.readToEnd())
            #expect(answer.head.contains("\r\nConnection: close"))
            #expect(answer.body == (chunked == 1 ? "5\r\nxxxxx\r\n0\r\n\r\n" : "xxxxx"))
        }
    }

    @Test func `a chunked body is cut into chunks that add up`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let answer = try demo.ask("/?chunked=1&size=10KiB")
        #expect(answer.head.contains("\r\nTransfer-Encoding: chunked"))
        #expect(!answer.head.contains("Content-Length"))
        #expect(answer.body.hasPrefix("1000\r\nxxxx") && answer.body.hasSuffix("\r\n0\r\n\r\n"))
        #expect(answer.body.count { $0 == "x" } == 10_240)
    }

    @Test func `a large body arrives whole`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        #expect(try demo.ask("/?size=4MiB").body.utf8.count == 4 << 20)
    }

    @Test func `HEAD, 204 and 304 have no body`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let head = try demo.ask("/?size=100", method: "HEAD")
        #expect(head.body == "" && head.head.contains("\r\nContent-Length: 100"))
        for status in [204, 304] {
            let answer = try demo.ask("/?size=100&status=\(status)")
            #expect(answer.status == status && answer.body == "")
            #expect(!answer.head.contains("Content-Length"))
        }
    }

    @Test func `a request's body is read and forgotten`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let client = try Client(demo.address)
        client.send("POST / HTTP/1.1\r\nHost: demo\r\nContent-Length: 100000\r\n\r\n")
        client.send(String(repeating: "b", count: 100_000))
        client.send("GET /?status=404 HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n")
        let text = client.readToEnd()
        #expect(text.split(separator: "HTTP/1.1 ").map { $0.prefix(3) } == ["200", "404"])
    }

    @Test func `a client that waits for 100 Continue gets it`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let client = try Client(demo.address)
        client.send(
            "POST / HTTP/1.1\r\nHost: demo\r\nContent-Length: 2\r\nConnection: close\r\n"
                + "Expect: 100-continue\r\n\r\n")
        #expect(client.read(25) == "HTTP/1.1 100 Continue\r\n\r\n")
        client.send("ab")
        #expect(Answer(client.readToEnd()).status == 200)
    }

    @Test func `HTTP 1.0 closes unless asked to stay and is never chunked`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let client = try Client(demo.address)
        client.send("GET /?chunked=1&size=2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        client.send("GET /?size=2 HTTP/1.0\r\n\r\n")
        let text = client.readToEnd()
        #expect(text.contains("\r\nConnection: keep-alive\r\n"))
        #expect(text.contains("\r\nConnection: close\r\n"))
        #expect(!text.contains("chunked"))
    }

    @Test func `malformed requests get their status and lose the connection`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        for (text, status) in [
            ("GARBAGE\r\n\r\n", 400), ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
            ("GET / HTTP/1.1\r\n\r\n", 400),
        ] {
            let client = try Client(demo.address)
            client.send(text)
            #expect(Answer(client.readToEnd()).status == status)
        }
        #expect(try demo.ask("/").status == 200)
    }

    @Test func `clients that leave early do no harm`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        for request in ["", "GET / HT", "GET /?delay=1ms HTTP/1.1\r\nHost: d\r\n\r\n"] {
            let client = try Client(demo.address)
            client.send(request)
        }
        let half = try Client(demo.address)
        half.send("GET /?delay=1ms&size=4 HTTP/1.1\r\nHost: d\r\n\r\n")
        half.finish()
        #expect(Answer(half.readToEnd()).body == "xxxx", "a half-closed client gets its answer")
        #expect(try demo.ask("/").status == 200)
    }

    @Test func `a wish that is not understood says what to write`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let answer = try demo.ask("/?delay=soon")
        #expect(answer.status == 400)
        #expect(
            answer.body == "delay=soon: write a duration up to an hour, such as 20ms or 1.5s\n")
        #expect(try demo.ask("/?status=99").body == "status=99: write a status from 200 to 599\n")
        #expect(try demo.ask("/?size=17MiB").status == 400)
        #expect(try demo.ask("/?close=yes").body == "close=yes: write 1 or 0\n")
    }
}

@Suite struct DemoControlTests {
    @Test func `the behaviour can be changed over HTTP while running`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let changed = try demo.ask("/behaviour?error_ratio=100%&size=7", method: "POST")
        #expect(changed.status == 200)
        #expect(changed.body.contains("error_ratio=1.0&size=7B"))
        let answer = try demo.ask("/")
        #expect(answer.status == 500 && answer.body == "xxxxxxx")
        #expect(try demo.ask("/behaviour").body == changed.body)
        #expect(try demo.ask("/?status=200").status == 200, "a wish beats the behaviour")
    }

    @Test func `a stall holds every answer until it is over, also those that waited before`() throws
    {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let waiting = try Client(demo.address)
        waiting.send("GET /?delay=20ms HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n")
        let start = Clock.now()
        #expect(try demo.ask("/behaviour?stall=300ms", method: "POST").status == 200)
        let end = Clock.now() + .milliseconds(300)
        #expect(try demo.ask("/").status == 200)
        #expect(Clock.now() - start >= .milliseconds(300))
        #expect(Answer(waiting.readToEnd()).status == 200)
        #expect(Clock.now() - start >= .milliseconds(300))
        // And none after it.
        while Clock.now() < end {}
        #expect(try demo.ask("/").status == 200)
        #expect(!(try demo.ask("/behaviour").body.contains("stall")))
    }

    @Test func `an answer that waited for its delay waits for the stall, too`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let waiting = try Client(demo.address)
        waiting.send("GET /?delay=200ms HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n")
        // Its delay has begun when another one's is over.
        _ = try demo.ask("/?delay=20ms")
        let start = Clock.now()
        _ = try demo.ask("/behaviour?stall=600ms", method: "POST")
        #expect(Answer(waiting.readToEnd()).status == 200)
        #expect(Clock.now() - start >= .milliseconds(600))
    }

    @Test func `what the target shows as its behaviour sets the same again`() throws {
        let demo = try RunningDemo(DemoBehaviour())
        defer { demo.stop() }
        let shown = try demo.ask("/behaviour").body.dropLast()
        #expect(try demo.ask("/behaviour?\(shown)", method: "POST").body.dropLast() == shown)
    }

    @Test func `a wrong behaviour is refused whole`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let before = try demo.ask("/behaviour").body
        let unknown = try demo.ask("/behaviour?size=9&speed=1", method: "POST")
        #expect(unknown.status == 400 && unknown.body.hasPrefix("speed: unknown; the keys are"))
        let crossed = try demo.ask("/behaviour?median=1s&p99=5ms", method: "POST")
        #expect(crossed.body == "p99=5ms is below median=1s\n")
        #expect(try demo.ask("/behaviour?error_ratio=5", method: "POST").status == 400)
        #expect(try demo.ask("/behaviour").body == before)
        #expect(try demo.ask("/behaviour", method: "DELETE").status == 405)
        #expect(try demo.ask("/counts", method: "POST").status == 405)
    }

    @Test func `the owner can swap the behaviour in`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        var behaviour = DemoBehaviour.immediate
        behaviour.errorRatio = 1
        demo.behave(behaviour)
        // The mailbox is another way in than the socket: it may be read after the first requests.
        while try demo.ask("/").status != 500 {}
    }

    @Test func `counts tell the answers by status and leave the target's own pages out`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        for status in [200, 503, 503] { _ = try demo.ask("/?status=\(status)") }
        _ = try demo.ask("/behaviour")
        let counts = try demo.ask("/counts")
        #expect(counts.head.contains("\r\nContent-Type: application/json"))
        #expect(
            counts.body
                == "{\"connections\": 5, \"requests\": 3, \"answers\": {\"200\": 1, \"503\": 2}}\n")
        #expect(try demo.ask("/counts").body.hasPrefix("{\"connections\": 6, \"requests\": 3,"))
    }

    @Test func `a port in use is an error`() throws {
        let demo = try RunningDemo()
        defer { demo.stop() }
        let loop = try EventLoop()
        #expect(throws: SystemError.self) {
            _ = try DemoTarget(listen: demo.address, behaviour: .immediate, loop: loop)
        }
    }
}
