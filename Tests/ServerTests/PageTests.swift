import Foundation
import Reactor
import Testing
import Time

@testable import Server

@Suite struct PageTests {
    private static func document() -> StatusDocument {
        var document = StatusDocument(version: "0.1.0", uptime: 93.5, ready: true)
        document.degraded = ["the CPU limit throttled 12 % of the last minute"]
        document.cpuLimitCores = 0.5
        document.cpuThrottled = 7.25
        var load = LoadStatus(
            name: "checkout", target: "http://127.0.0.1:8080/checkout", state: "running",
            transport: "direct", transportReason: "http 1.1", pacing: "precise",
            endClock: "kernel stamps")
        load.intendedRate = 50
        load.intended = 4_675
        load.sent = 4_670
        load.inFlight = 2
        load.backlog = 1
        load.connections.idle = 3
        load.dropped = [.init("connections", 4), .init("late", 0)]
        load.outcomes = [
            .init("ok", 4_660),
            .init(
                "refused", 8, lastError: "refused 127.0.0.1:8080 <b>\"now\"</b>", lastErrorAge: 12),
        ]
        load.responseTime.sinceStart = .init(p50: 0.0012, p90: 0.004, p99: 0.25, max: 1.5)
        load.responseTime.lastMinute = .init(p50: 0.001, p90: 0.002, p99: 0.003, max: 0.004)
        load.responseTime.lastTenMinutes = .init(p50: 0.002, p90: 0.003, p99: 0.004, max: 0.005)
        document.loads = [load]
        var idle = LoadStatus(
            name: "idle", target: "http://127.0.0.1:1/", state: "waiting", transport: "curl",
            transportReason: "http: 2", pacing: "grid 500us", endClock: "own clock")
        idle.outcomes = [.init("ok", 0)]
        document.loads.append(idle)
        return document
    }

    private func server() throws -> RunningServer {
        try RunningServer {
            StatusPage.routes(
                version: "0.1.0<", status: Self.document, history: Self.history(after:))
                + HealthRoutes.routes(
                    live: { [HealthCheck("loop")] },
                    ready: {
                        [HealthCheck("loop"), HealthCheck("drain", failure: "stopping")]
                    })
        }
    }

    private func fixture(_ name: String, _ actual: String) throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/\(name)")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try actual.write(to: url, atomically: true, encoding: .utf8)
        }
        let expected = try String(contentsOf: url, encoding: .utf8)
        #expect(actual == expected, "UPDATE_GOLDEN=1 rewrites \(name)")
    }

    @Test func `the status document has the shape that the page reads`() throws {
        let server = try server()
        let answer = try Client(server.address).get("/api/v1/status")
        #expect(answer.header("Content-Type") == "application/json")
        let parsed = try JSONSerialization.jsonObject(with: Data(answer.body))
        let pretty = try JSONSerialization.data(
            withJSONObject: parsed, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        try fixture("status.json", String(decoding: pretty, as: UTF8.self) + "\n")
    }

    @Test func `every member that the script reads is in the document`() throws {
        let server = try server()
        let client = try Client(server.address)
        let script = try client.get("/status.js").text
        let document = try client.get("/api/v1/status").text
        let pattern = /\b(?:status|load|old|outcome|earlier\?)\.([a-z_0-9]+)\b(?!\()/
        let names = Set(script.matches(of: pattern).map { String($0.output.1) })
        #expect(names.count > 15)
        // The points of a load are of the other document.
        for name in names where name != "points" {
            #expect(document.contains("\"\(name)\":"), "\(name)")
        }
    }

    private static func history(after second: UInt32) -> HistoryDocument {
        let points = (1...3).map { number in
            HistoryDocument.Point(
                second: UInt32(number), intended: 50, sent: 49, ok: 40, failed: 9, dropped: 1,
                times: [12_345, nil, 7, 2_000_000])
        }
        return HistoryDocument(
            loads: [.init(name: "a\"b", points: points.filter { $0.second > second })])
    }

    @Test func `the history has its columns, and only what is asked for`() throws {
        let server = try server()
        let client = try Client(server.address)
        let columns = HistoryDocument.columns.map { "\"\($0)\"" }.joined(separator: ",")
        let point = "50,49,40,9,1,12345,null,7,2000000]"
        #expect(
            try client.get("/api/v1/history?after=1").text
                == "{\"columns\":[\(columns)],\"loads\":[{\"name\":\"a\\\"b\","
                + "\"points\":[[2,\(point),[3,\(point)]}]}")
        for query in ["", "?after=", "?after=x", "?after=-1"] {
            let all = try client.get("/api/v1/history" + query).text
            #expect(all.components(separatedBy: point).count == 4, "\(query)")
        }
    }

    @Test func `the charts know the columns of the history`() throws {
        let server = try server()
        let script = try Client(server.address).get("/charts.js").text
        let list = try #require(script.firstMatch(of: #/const columns = \[([^\]]*)\]/#)?.1)
        let names = list.matches(of: #/"(\w+)"/#).map { String($0.1) }
        #expect(names == HistoryDocument.columns)
    }

    @Test func `the page allows nothing inline and nothing from elsewhere`() throws {
        let server = try server()
        let client = try Client(server.address)
        let page = try client.get("/")
        let policy = try #require(page.header("Content-Security-Policy"))
        #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
        #expect(!policy.contains("unsafe"))
        #expect(page.header("Content-Type") == "text/html; charset=utf-8")
        #expect(!page.text.contains("style="))
        #expect(!page.text.contains("<style"))
        #expect(!page.text.contains("://"))
        #expect(page.text.contains("0.1.0&lt;"))
        #expect(page.text.matches(of: /<script(?! src="\/(status|charts)\.js" defer>)/).isEmpty)
        for path in page.text.matches(of: /(?:href|src)="(\/[^"?]*)/).map(\.output.1) {
            guard !["/metrics", "/config"].contains(path) else { continue }
            #expect(try client.get(String(path)).status != 404, "\(path)")
        }
    }

    @Test(arguments: [
        ("/livez", 200, "ok\n"), ("/healthz", 200, "ok\n"), ("/-/healthy", 200, "ok\n"),
        ("/livez?verbose", 200, "[+]loop ok\nlivez check passed\n"),
        ("/healthz?verbose=1", 200, "[+]loop ok\nhealthz check passed\n"),
        ("/readyz", 503, "[+]loop ok\n[-]drain failed: stopping\nreadyz check failed\n"),
        ("/-/ready", 503, "[+]loop ok\n[-]drain failed: stopping\n-/ready check failed\n"),
    ])
    func `probes are answered as Kubernetes does`(path: String, status: Int, text: String) throws {
        let server = try server()
        let client = try Client(server.address)
        let answer = try client.get(path)
        #expect(answer.status == status)
        #expect(answer.text == text)
        #expect(try client.get(path, method: "HEAD").status == status)
    }
}
