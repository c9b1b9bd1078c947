import Foundation
import TestSupport
import Testing

/// The life of `ballast run`: start, signals, drain, linger, exit.
@Suite struct SidecarLifeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// - Parameter server: more keys of `server`.
    private func start(
        target: String, rate: String = "100/s", server: String = "", _ arguments: String...
    ) throws -> (process: RunningProcess, port: UInt16) {
        let port = try Network.freePort()
        let file = try folder.write(
            """
            server: {listen: "127.0.0.1:\(port)"\(server)}
            loads:
              - {name: a, target: "\(target)", rate: \(rate), timeout: 1m, limits: {late: 1m}}
            """, to: "ballast.yaml")
        let process = try RunningProcess(BallastBinary.path, ["run", file] + arguments)
        return (process, port)
    }

    private func value(_ name: String, in page: String) -> Int? {
        page.split(separator: "\n").first { $0.hasPrefix("\(name){") || $0.hasPrefix("\(name) ") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }.map { Int($0) }
    }

    @Test func `a bounded run sends what it intends and exits 0`() throws {
        let nginx = try Nginx()
        let (process, port) = try start(target: nginx.url, server: ", linger: 10m", "--for", "1s")
        try process.waitForLog("lingering")
        let page = try MetricsPage(try Network.get("/metrics", port: port).body)
        #expect(try process.exitCode() == 0)
        #expect(page.sum("ballast_requests_intended_total") == 100)
        let sent = page.sum("ballast_requests_sent_total")
        #expect(sent > 0 && sent + page.sum("ballast_requests_dropped_total") == 100)
        try wait(for: "nginx's log") { nginx.requests.count >= sent }
        #expect(nginx.requests.count == sent)
        #expect(process.errors.contains("msg=\"stopped\""))
    }

    @Test func `a port in use is one clear line and exit 1`() throws {
        let taken = try Listener()
        let file = try folder.write(
            """
            server: {listen: "127.0.0.1:\(taken.port)"}
            loads: [{name: a, target: "http://127.0.0.1:1", rate: 1/s}]
            """, to: "taken.yaml")
        let process = try BallastBinary.start("run", file)
        #expect(try process.exitCode() == 1)
        #expect(process.errors.hasPrefix("ballast: cannot listen on 127.0.0.1:\(taken.port): "))
        #expect(process.errors.split(separator: "\n").count == 1)
    }

    @Test func `flag and environment override where it listens, the flag first`() throws {
        let silent = try Listener()
        let (flagged, other) = (try Network.freePort(), try Network.freePort())
        let (process, _) = try start(
            target: "http://127.0.0.1:\(silent.port)", "--listen", "127.0.0.1:\(flagged)")
        try process.waitForLog("msg=\"started\"")
        #expect(try Network.get("/livez", port: flagged).status == 200)
        let file = folder.path("ballast.yaml")
        let second = try BallastBinary.start(
            "run", file, environment: ["BALLAST_LISTEN": "127.0.0.1:\(other)"])
        try second.waitForLog("msg=\"started\"")
        #expect(try Network.get("/livez", port: other).status == 200)
    }

    @Test func `SIGHUP does not end it, SIGTERM does with exit 0`() throws {
        let nginx = try Nginx()
        let (process, port) = try start(target: nginx.url, "--log-format", "json")
        try process.waitForLog("\"msg\":\"running\"")
        process.send(SIGHUP)
        try process.waitForLog("SIGHUP")
        #expect(try Network.get("/readyz", port: port).status == 200)
        process.send(SIGTERM)
        #expect(try process.exitCode() == 0)
        for line in process.errors.split(separator: "\n") {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
    }

    @Test func `a second signal exits at once`() throws {
        let silent = try Listener()
        let (process, port) = try start(
            target: "http://127.0.0.1:\(silent.port)", server: ", drain: 10m")
        try wait(for: "a request in flight") {
            guard let page = try? Network.get("/metrics", port: port).body else { return false }
            return (value("ballast_requests_in_flight", in: page) ?? 0) > 0
        }
        process.send(SIGTERM)
        try process.waitForLog("stopping")
        #expect(try Network.get("/readyz", port: port).status == 503)
        process.send(SIGINT)
        #expect(try process.exitCode() == 1)
    }

    @Test func `after the drain what is in flight is canceled, and everything adds up`() throws {
        let silent = try Listener()
        let (process, port) = try start(
            target: "http://127.0.0.1:\(silent.port)", server: ", drain: 200ms, linger: 10m")
        func page() throws -> MetricsPage {
            try MetricsPage(try Network.get("/metrics", port: port).body)
        }
        // All 64 connections are in use, and more requests wait for one.
        try wait(for: "requests in flight and a backlog") {
            guard let page = try? page() else { return false }
            return page.sum("ballast_requests_in_flight") == 64
                && page.sum("ballast_requests_backlog") > 10
        }
        process.send(SIGTERM)
        try process.waitForLog("lingering")
        let last = try page()
        #expect(try process.exitCode() == 0)
        #expect(last.sum("ballast_requests_sent_total") == 64)
        #expect(last.outcomes == ["canceled": 64])
        let dropped = last.sum("ballast_requests_dropped_total")
        #expect(dropped > 10)
        #expect(last.sum("ballast_requests_dropped_total", where: "\"connections\"") == dropped)
        #expect(last.sum("ballast_requests_intended_total") == 64 + dropped)
        #expect(last.sum("ballast_requests_in_flight") == 0)
        #expect(last.sum("ballast_requests_backlog") == 0)
        #expect(process.errors.contains("msg=\"drained\" canceled=64\n"))
    }

    @Test(arguments: ["http", "https"], ["direct", "curl"])
    func `a target that never answers does not hold up the exit`(
        _ scheme: String, _ transport: String
    ) throws {
        let silent = try Listener()
        let sidecar = try RunningSidecar(
            loads: """
                  - {name: a, target: "\(scheme)://127.0.0.1:\(silent.port)", rate: 100/s,
                     transport: \(transport), timeout: 1m, limits: {late: 1m}}
                """, server: "drain: 300ms, linger: 300ms")
        try wait(for: "a request in flight") {
            ((try? sidecar.metrics().sum("ballast_requests_in_flight")) ?? 0) > 0
        }
        sidecar.process.send(SIGTERM)
        // The contract is a length of time: drain + linger + 1 s.
        let limit = ContinuousClock.now + .milliseconds(1_600)
        while sidecar.process.isRunning, .now < limit { usleep(2_000) }
        #expect(!sidecar.process.isRunning, "\(sidecar.process.errors)")
        #expect(try sidecar.process.exitCode() == 0)
    }

    @Test func `a first signal after the duration is no second one`() throws {
        let silent = try Listener()
        let (process, _) = try start(
            target: "http://127.0.0.1:\(silent.port)", server: ", drain: 500ms, linger: 100ms",
            "--for", "100ms")
        try process.waitForLog("stopping")
        process.send(SIGTERM)
        #expect(try process.exitCode() == 0)
        #expect(process.errors.contains("msg=\"drained\""))
    }

    @Test func `only a scrape that began after the drain ends the linger`() throws {
        let nginx = try Nginx()
        let (process, port) = try start(target: nginx.url, server: ", drain: 1s, linger: 10m")
        try process.waitForLog("msg=\"running\"")
        let early = try ClientConnection(port: port)
        try early.send("GET /metrics HT")
        // An answer on a later connection shows that the first bytes have been read.
        #expect(try Network.get("/readyz", port: port).status == 200)
        process.send(SIGTERM)
        try process.waitForLog("lingering")
        try early.send("TP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        #expect(try early.readAll().contains("ballast_requests_intended_total"))
        #expect(try Network.get("/readyz", port: port).status == 503)
        #expect(process.isRunning)
        #expect(try Network.get("/metrics", port: port).status == 200)
        #expect(try process.exitCode() == 0)
    }

    @Test func `nobody scrapes: the linger ends by itself`() throws {
        let nginx = try Nginx()
        let (process, _) = try start(target: nginx.url, server: ", linger: 100ms", "--for", "100ms")
        #expect(try process.exitCode() == 0)
        #expect(process.errors.contains("no scrape came in time"))
    }

    @Test func `a health check passes while it runs and fails when it is gone`() throws {
        let silent = try Listener()
        let (process, port) = try start(target: "http://127.0.0.1:\(silent.port)")
        try process.waitForLog("msg=\"started\"")
        let good = try BallastBinary.start("healthcheck", "--port", "\(port)")
        #expect(try good.exitCode() == 0)
        #expect(good.output == "ok\n")
        let other = try BallastBinary.start(
            "healthcheck", environment: ["BALLAST_LISTEN": "0.0.0.0:\(port)"])
        #expect(try other.exitCode() == 0)
        process.send(SIGTERM)
        #expect(try process.exitCode() == 0)
        let bad = try BallastBinary.start("healthcheck", "http://127.0.0.1:\(port)/readyz")
        #expect(try bad.exitCode() == 1)
        #expect(bad.output == "unhealthy: 127.0.0.1:\(port): Connection refused\n")
        let hanging = try BallastBinary.start("healthcheck", "--port", "\(silent.port)")
        #expect(try hanging.exitCode() == 1)
        #expect(hanging.output == "unhealthy: 127.0.0.1:\(silent.port): no answer within 1s\n")
    }

    @Test func `the demo shows load on its own target`() throws {
        let taken = try Listener()
        let process = try BallastBinary.start(
            "demo", "--for", "1s", "--rate", "200/s", "--listen", "127.0.0.1:\(taken.port)")
        #expect(try process.exitCode() == 0, "\(process.errors)")
        #expect(process.output.contains("Port \(taken.port) is taken"))
        #expect(process.output.contains("/behaviour?median="))
        #expect(process.output.contains("intended 200 · "))
    }
}
