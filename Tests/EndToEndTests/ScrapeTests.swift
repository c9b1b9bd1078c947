import Foundation
import TestSupport
import Testing

/// The page of the real binary.
@Suite struct ScrapeTests {
    @Test func `everything adds up at any scrape, drops included`() throws {
        let nginx = try TruthNginx()
        let sidecar = try RunningSidecar(
            loads: """
                  - {name: a, target: "\(nginx.url)", rate: 3000/s,
                     limits: {connections: 8, late: 20ms}}
                """)
        try sidecar.process.waitForLog("msg=\"running\"")
        var last: [String: Double] = [:]
        for number in 1...200 {
            if number == 100 {
                nginx.send(SIGSTOP)
                try wait(for: "drops") {
                    try sidecar.metrics().sum("ballast_requests_dropped_total") > 0
                }
            }
            if number == 150 { nginx.send(SIGCONT) }
            let page = try sidecar.metrics()
            checkEquations(page)
            try checkHistograms(page)
            for sample in page.samples where !sample.name.contains("process_") {
                let name = "\(sample.name){\(sample.labels)}"
                let isCounting =
                    page.types[sample.name] == "counter" || page.types[sample.name] == nil
                if isCounting {
                    #expect(sample.value >= last[name] ?? 0, "\(name)")
                    last[name] = sample.value
                }
            }
        }
        let held = last.filter {
            $0.key.hasPrefix("ballast_requests_dropped_total") && $0.value > 0
        }
        #expect(!held.isEmpty)
        let lastPage = try sidecar.lastPage(asked: true)
        // Beside other work some may be our own fault, and then it says so.
        let isDoubtful = lastPage.value("ballast_generator_degraded") == 1
        let fair = held.keys.filter { $0.contains("reason=\"connections\"") }
        #expect(fair.count == held.count || isDoubtful, "\(held)")
        #expect(held.keys.allSatisfy { fair.contains($0) || $0.contains("late") }, "\(held)")
        checkEquations(lastPage, isLast: true)
        try checkHistograms(lastPage, isLast: true)
    }

    /// Both hold exactly, and neither difference is negative: at the end nothing waits or is under way.
    private func checkEquations(_ page: MetricsPage, isLast: Bool = false) {
        let (sent, dropped) = (
            page.sum("ballast_requests_sent_total"), page.sum("ballast_requests_dropped_total")
        )
        let (backlog, inFlight) = (
            page.sum("ballast_requests_backlog"), page.sum("ballast_requests_in_flight")
        )
        #expect(page.sum("ballast_requests_intended_total") == sent + dropped + backlog)
        #expect(sent == page.sum("ballast_requests_completed_total") + inFlight)
        #expect(isLast ? backlog == 0 : backlog >= 0, "\(backlog)")
        #expect(isLast ? inFlight == 0 : inFlight >= 0, "\(inFlight)")
    }

    /// While workers go on, a time is recorded before its request is counted, and the counts are read first: a page may
    /// hold times of requests that it does not count yet, never the reverse. At the end both are equal.
    private func checkHistograms(_ page: MetricsPage, isLast: Bool = false) throws {
        for name in ["response_time_seconds", "service_time_seconds"] {
            let ok = page.value("ballast_\(name)_count", "load=\"a\",result=\"ok\"")
            let failed = page.value("ballast_\(name)_count", "load=\"a\",result=\"failed\"")
            let counted = (
                ok: Double(page.outcome("ok")),
                failed: Double(page.sum("ballast_requests_completed_total") - page.outcome("ok"))
            )
            #expect(isLast ? ok == counted.ok : ok ?? -1 >= counted.ok)
            #expect(isLast ? failed == counted.failed : failed ?? -1 >= counted.failed)
        }
        var below: [String: Double] = [:]
        for sample in page.samples where sample.name.hasSuffix("_bucket") {
            let parts = sample.labels.components(separatedBy: ",le=")
            #expect(sample.value >= below[sample.name + parts[0]] ?? 0)
            below[sample.name + parts[0]] = sample.value
            if parts[1] == "\"+Inf\"" {
                let count = sample.name.replacing("_bucket", with: "_count")
                #expect(page.value(count, parts[0]) == sample.value)
            }
        }
    }

    /// Of all values only those that are the same in every run stay: buckets' bounds are labels and
    /// stay too.
    @Test func `the whole page is the golden one`() throws {
        let plain = try TruthNginx()
        let secure = try TruthNginx(tls: true)
        let sidecar = try RunningSidecar(
            loads: """
                  - {name: plain, target: "\(plain.url)", rate: 100/s}
                  - {name: secure, target: "\(secure.url)", rate: 100/s,
                     tls: {ca_file: "\(secure.authority)"}}
                """)
        try wait(for: "answers of both") {
            guard let page = try? sidecar.metrics() else { return false }
            return ["plain", "secure"].allSatisfy {
                page.sum("ballast_requests_completed_total", where: "load=\"\($0)\",outcome=\"ok\"")
                    > 0
            }
        }
        let text = try Network.get("/metrics", port: sidecar.port).body
        let page =
            text.split(separator: "\n").map { line in
                line.hasPrefix("#")
                    ? String(line)
                    : line.prefix { $0 != "}" && $0 != " " }
                        + (line.contains("}") ? "} " : " ") + "VALUE"
            }
            // A container with a CPU limit has one family more.
            .filter { !$0.hasPrefix("ballast_cpu_") }
            .joined(separator: "\n") + "\n"
        let golden = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/metrics.golden")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(page.utf8).write(to: golden)
        }
        #expect(page == (try String(contentsOf: golden, encoding: .utf8)))
        try checkWithPromtool(text)
    }

    private func checkWithPromtool(_ page: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(page, to: "page")
        let promtool = try RunningProcess(
            "/bin/sh", ["-c", "promtool check metrics < \"$0\"", file])
        #expect(try promtool.exitCode() == 0, "\(promtool.errors)\(promtool.output)")
    }

    @Test func `one load with defaults stays under 165 series`() throws {
        let nginx = try TruthNginx()
        let sidecar = try RunningSidecar(
            loads: "  - {name: a, target: \"\(nginx.url)\", rate: 100/s}")
        try wait(for: "an answer") { (try? sidecar.metrics().outcome("ok")) ?? 0 > 0 }
        #expect(try sidecar.metrics().samples.count < 165)
    }

    @Test func `slow clients, garbage and gzip do not keep a scrape from its answer`() throws {
        let nginx = try TruthNginx()
        let sidecar = try RunningSidecar(
            loads: "  - {name: a, target: \"\(nginx.url)\", rate: 100/s}")
        try sidecar.process.waitForLog("msg=\"running\"")
        var slow: [ClientConnection] = []
        for _ in 1...500 {
            let client = try ClientConnection(port: sidecar.port)
            // The server may have closed it already in favour of a newer one.
            try? client.send("GET /metrics HTTP/1.1\r\nHost:")
            slow.append(client)
        }
        #expect(try sidecar.metrics().sum("ballast_requests_intended_total") > 0)
        let garbage = try ClientConnection(port: sidecar.port)
        try garbage.send("\u{1}\u{2} garbage\r\n\r\n")
        #expect(try garbage.readAll().hasPrefix("HTTP/1.1 400 "))
        let curl = try RunningProcess(
            "/usr/bin/curl",
            ["-sS", "--compressed", "-D-", "http://127.0.0.1:\(sidecar.port)/metrics"])
        #expect(try curl.exitCode() == 0)
        #expect(curl.output.lowercased().contains("content-encoding: gzip"))
        #expect(curl.output.contains("ballast_requests_intended_total{load=\"a\"} "))
        #expect(slow.count == 500)
    }
}
