import Foundation
import TestSupport
import Testing

/// What `/metrics` says in the end against what the other side saw.
@Suite struct TruthTests {
    @Test(arguments: ["direct", "curl"], [1, 2])
    func `a healthy run adds up with nginx's log`(_ transport: String, _ workers: Int) throws {
        let nginx = try TruthNginx()
        let before = try nginx.marker()
        let sidecar = try RunningSidecar(
            loads: """
                  - {name: a, target: "\(nginx.url)", rate: 200/s, transport: \(transport),
                     limits: {late: 1m}}
                """, top: "workers: \(workers)", arguments: ["--for", "5s"])
        let page = try sidecar.lastPage(asked: false)
        let connections = try nginx.marker() - before - 1
        let lines = nginx.lines

        #expect(sidecar.process.errors.contains("workers=\(workers)"))
        // Workers share no connection.
        #expect(Set(lines.map(\.connection)).count >= workers)
        #expect(page.sum("ballast_requests_intended_total") == 1_000)
        #expect(
            page.sum("ballast_requests_sent_total") + page.sum("ballast_requests_dropped_total")
                == 1_000)
        #expect(page.sum("ballast_requests_sent_total") == lines.count)
        #expect(page.outcomes == ["ok": lines.count])
        #expect(page.sum("ballast_responses_total", where: "code=\"200\"") == lines.count)
        #expect(page.sum("ballast_connects_total", where: "outcome=\"ok\"") == connections)
        #expect(page.sum("ballast_received_bytes_total") == lines.reduce(0) { $0 + $1.sent })
        #expect(page.sum("ballast_sent_bytes_total") == lines.reduce(0) { $0 + $1.received })
    }

    @Test(arguments: ["direct", "curl"])
    func `every outcome of a failing run is what the proxy between them saw`(
        _ transport: String
    ) throws {
        let nginx = try TruthNginx(locations: "location / { limit_rate 40k; }")
        try nginx.serve(String(repeating: "x", count: 2_000), as: "index.html")
        let proxy = try CountingProxy(target: nginx.port)
        defer { proxy.stop() }
        let sidecar = try RunningSidecar(
            loads: """
                  - {name: a, target: "http://127.0.0.1:\(proxy.port)", rate: 200/s,
                     transport: \(transport), timeout: 1m, limits: {late: 1m}}
                """)
        func more(_ what: String, _ count: (CountingProxy.Counts) -> Int) throws {
            let start = count(proxy.seen)
            try wait(for: "more \(what)") { count(proxy.seen) >= start + 100 }
        }
        for _ in 1...2 {
            try more("answers") { $0.whole }
            nginx.kill()
            try more("resets") { $0.reset }
            try nginx.start()
        }
        try more("answers") { $0.whole }
        proxy.cut(100)
        try more("cut answers") { $0.cut }
        proxy.refuse()
        try wait(for: "refused connects") {
            try sidecar.metrics().outcome("refused") >= 100
        }
        try proxy.listen()
        try more("answers") { $0.whole }
        let page = try sidecar.lastPage()
        let seen = proxy.seen

        var expected = ["ok": seen.whole, "reset": seen.reset]
        expected["refused"] = page.sum("ballast_requests_sent_total") - seen.requests
        expected["truncated"] = seen.cut
        #expect(page.outcomes == expected)
        #expect(page.sum("ballast_connects_total", where: "\"ok\"") == seen.connections)
        #expect(
            page.sum("ballast_connects_total", where: "\"refused\"") == page.outcome("refused"))
        #expect(
            page.sum("ballast_requests_intended_total")
                == page.sum("ballast_requests_sent_total")
                + page.sum("ballast_requests_dropped_total"))
    }

    @Test func `a target that stands still for a second shows in the response time`() throws {
        let nginx = try TruthNginx()
        let sidecar = try RunningSidecar(
            loads: """
                  - {name: a, target: "\(nginx.url)", rate: 200/s, timeout: 20s,
                     limits: {connections: 10, late: 20s, catch_up: 4}}
                """)
        try sidecar.process.waitForLog("msg=\"running\"")
        try wait(for: "a second of load") {
            try sidecar.metrics().sum("ballast_requests_sent_total") >= 200
        }
        let before = try sidecar.metrics().sum("ballast_requests_intended_total")
        nginx.send(SIGSTOP)
        try wait(for: "a second without answers") {
            try sidecar.metrics().sum("ballast_requests_intended_total") >= before + 200
        }
        nginx.send(SIGCONT)
        try wait(for: "two more seconds of load") {
            try sidecar.metrics().sum("ballast_requests_intended_total") >= before + 800
        }
        let page = try sidecar.lastPage()
        func above(_ bound: String, _ name: String) throws -> Int {
            let labels = name.hasPrefix("start") ? "load=\"a\"" : "load=\"a\",result=\"ok\""
            let all = try #require(page.value("ballast_\(name)_count", labels))
            let below = try #require(
                page.value("ballast_\(name)_bucket", "\(labels),le=\"\(bound)\""))
            return Int(all - below)
        }
        #expect(page.sum("ballast_requests_dropped_total") == 0)
        // 200 arrivals fell into the pause, and half of them waited for at least half of it.
        #expect(try above("0.25", "response_time_seconds") >= 100)
        #expect(try above("0.1", "start_delay_seconds") >= 100)
        // Only as many requests as there are connections were out at that time.
        #expect(try above("0.5", "service_time_seconds") <= 10)
    }
}
