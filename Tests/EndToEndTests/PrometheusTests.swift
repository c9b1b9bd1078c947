import Foundation
import TestSupport
import Testing

/// A real Prometheus scrapes the real binary.
@Suite struct PrometheusTests {
    private let folder: TemporaryFolder
    private let port: UInt16

    init() throws {
        folder = try TemporaryFolder()
        port = try Network.freePort()
    }

    /// The value of each series that the expression gives.
    private func query(_ expression: String) throws -> [Double] {
        let allowed = CharacterSet.alphanumerics
        let escaped = expression.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
        let connection = try ClientConnection(port: port)
        // HTTP/1.0 keeps the answer free of chunks.
        try connection.send("GET /api/v1/query?query=\(escaped) HTTP/1.0\r\n\r\n")
        let answer = try connection.readAll()
        let body = try #require(answer.range(of: "\r\n\r\n")).upperBound
        let object = try JSONSerialization.jsonObject(with: Data(answer[body...].utf8))
        let root = try #require(object as? [String: Any], "\(answer)")
        #expect(root["status"] as? String == "success", "\(expression): \(answer)")
        let data = root["data"] as? [String: Any]
        let series = data?["result"] as? [[String: Any]] ?? []
        return series.compactMap { ($0["value"] as? [Any])?.last as? String }
            .compactMap { Double($0) }
    }

    /// Lets Prometheus scrape it eight times, and goes on.
    private func scrape(_ sidecar: RunningSidecar) throws -> RunningProcess {
        let file = try folder.write(
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: ballast
                static_configs: [{targets: ["127.0.0.1:\(sidecar.port)"]}]
            """, to: "prometheus.yml")
        let prometheus = try RunningProcess(
            "/usr/bin/prometheus",
            [
                "--config.file=\(file)", "--storage.tsdb.path=\(folder.path("data"))",
                "--web.listen-address=127.0.0.1:\(port)",
            ])
        try wait(for: "eight scrapes of it") {
            try #require(prometheus.isRunning, "\(prometheus.errors)")
            guard (try? ClientConnection(port: port)) != nil else { return false }
            // Until it is ready it answers 503 in plain text.
            let isReady = try Network.get("/-/ready", port: port).status == 200
            return try isReady && query("ballast_scrapes_total").first ?? 0 >= 8
        }
        return prometheus
    }

    @Test func `Prometheus scrapes it, and every panel of the dashboard shows something`() throws {
        let nginx = try TruthNginx()
        let sidecar = try RunningSidecar(
            loads: "  - {name: a, target: \"\(nginx.url)\", rate: 100/s, limits: {late: 1m}}")
        let prometheus = try scrape(sidecar)
        defer { prometheus.send(SIGTERM) }
        #expect(try query("up{job=\"ballast\"}") == [1])
        let rate = try query("rate(ballast_requests_completed_total{outcome=\"ok\"}[5s])")
        #expect(rate.count == 1)
        #expect((90...110).contains(rate.first ?? 0), "\(rate)")
        let median = try query(
            "histogram_quantile(0.5, rate(ballast_response_time_seconds_bucket{result=\"ok\"}[5s]))"
        )
        #expect((median.first ?? 0) > 0)

        let panels = try panelExpressions()
        #expect(panels.count > 20)
        for (_, expression) in panels {
            // Lines of nothing are hidden.
            let series = try query(expression.replacing(#/ > 0$/#, with: ""))
            // Only a container with a CPU limit has this family.
            if expression.contains("ballast_cpu_limit_cores") { continue }
            #expect(!series.isEmpty, "\(expression)")
        }
    }

    /// Three of four requests find no free connection, for each of 25 answers takes a second; none fails.
    @Test func `the success ratios of the dashboard and of the page count what was dropped`()
        throws
    {
        let target = try HostileServer { (client) throws(Hangup) in
            while true {
                try client.readRequest()
                try client.pause(milliseconds: 1_000)
                try client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        defer { target.stop() }
        let sidecar = try RunningSidecar(
            loads: """
                  - {name: a, target: "http://127.0.0.1:\(target.port)", rate: 100/s,
                     timeout: 1m, limits: {connections: 25, late: 20ms}}
                """)
        let prometheus = try scrape(sidecar)
        defer { prometheus.send(SIGTERM) }
        let ratios = try panelExpressions().filter { $0.title.hasPrefix("Success ratio") }
        #expect(ratios.count == 2)
        for ratio in ratios {
            let values = try query(ratio.expression)
            #expect(values.count == 1)
            // A busy machine may serve less; answers come in bursts, of which a window may see one more.
            #expect((0.001...0.4).contains(values.first ?? 1), "\(ratio): \(values)")
        }
        let text = try Network.get("/api/v1/status", port: sidecar.port).body
        let status = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let load = (status?["loads"] as? [[String: Any]])?.first
        let share = try #require(load?["ok_share"] as? Double)
        #expect((0.001...0.3).contains(share))
        let page = try sidecar.metrics()
        #expect(page.outcomes.keys.sorted() == ["ok"], "nothing that was sent failed")
        #expect(page.sum("ballast_requests_dropped_total") > 2 * page.outcome("ok"))
    }

    private func panelExpressions() throws -> [(title: String, expression: String)] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../grafana/ballast-overview.json")
        let object = try JSONSerialization.jsonObject(with: try Data(contentsOf: file))
        let panels = (object as? [String: Any])?["panels"] as? [[String: Any]] ?? []
        return panels.flatMap { panel in
            expressions(in: panel).map { expression in
                let filled = expression.replacing("$__rate_interval", with: "5s")
                    .replacing("$__interval", with: "5s").replacing("$__range", with: "5s")
                    .replacing("$job", with: ".+").replacing("$instance", with: ".+")
                    .replacing("$load", with: ".+")
                return (panel["title"] as? String ?? "", filled)
            }
        }
    }

    private func expressions(in tree: Any) -> [String] {
        if let array = tree as? [Any] { return array.flatMap(expressions) }
        guard let object = tree as? [String: Any] else { return [] }
        return object.flatMap { key, value in
            if key == "expr", let text = value as? String { return [text] }
            return expressions(in: value)
        }
    }
}
