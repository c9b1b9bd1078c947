import Foundation
import TestSupport
import Testing

/// Leaving at once, in the middle of everything that other threads do. `BALLAST_SIGNALS` says how often.
@Suite struct SecondSignalTests {
    /// Leaving while libraries work in other threads went wrong about once in four times.
    private static let repetitions =
        ProcessInfo.processInfo.environment["BALLAST_SIGNALS"].flatMap { Int($0) } ?? 12

    /// A target with a TLS handshake for each request, and one that never answers, so that a drain does not end.
    private struct Ground {
        let nginx: TruthNginx
        let silent: Listener

        init() throws {
            nginx = try TruthNginx(
                tls: true,
                locations: "keepalive_timeout 0; location / { return 200 \"ok\\n\"; }")
            silent = try Listener()
        }

        /// Nobody accepts on the silent port: after some hundred connections the gate would wait for one in vain.
        func sidecar(_ transport: String) throws -> RunningSidecar {
            try RunningSidecar(
                loads: """
                      - {name: tls, target: "\(nginx.url)", rate: 400/s, transport: \(transport),
                         tls: {ca_file: "\(nginx.authority)"}, limits: {connect_rate: 1000/s}}
                      - {name: silent, target: "http://127.0.0.1:\(silent.port)", rate: 100/s,
                         timeout: 1m, startup: 0s}
                    """, top: "workers: 4", server: "drain: 10m")
        }
    }

    @Test(arguments: ["direct", "curl"])
    func `a second signal amid TLS handshakes is exit 1, never a crash`(
        _ transport: String
    ) throws {
        let ground = try Ground()
        for _ in 1...Self.repetitions {
            let sidecar = try ground.sidecar(transport)
            try wait(for: "answers and a request in flight") {
                guard let page = try? sidecar.metrics() else { return false }
                return page.outcome("ok") > 0
                    && page.sum("ballast_requests_in_flight", where: "silent") > 0
            }
            sidecar.process.send(SIGTERM)
            sidecar.process.send(SIGINT)
            #expect(try sidecar.process.exitCode() == 1)
            #expect(sidecar.process.errors.contains("msg=\"second signal: leaving at once\""))
        }
    }

    @Test(arguments: ["direct", "curl"])
    func `a second interrupt of hit is exit 1, never a crash`(_ transport: String) throws {
        let ground = try Ground()
        for _ in 1...Self.repetitions {
            let port = try Network.freePort()
            let process = try BallastBinary.start(
                "hit", ground.nginx.url, "--insecure", "--rate", "400/s", "--for", "1h",
                "--transport", transport, "--workers", "4", "--listen", "127.0.0.1:\(port)")
            try wait(for: "answers") {
                let page = try? MetricsPage(try Network.get("/metrics", port: port).body)
                return (page?.outcome("ok") ?? 0) > 0
            }
            process.send(SIGTERM)
            process.send(SIGINT)
            let code = try process.exitCode()
            // The first alone may have been enough: then the summary is there.
            #expect(code == 1 || code == 0 && process.output.contains("intended"))
        }
    }

    @Test func `a second interrupt of the demo is exit 1, never a crash`() throws {
        for _ in 1...Self.repetitions / 2 {
            let process = try BallastBinary.start(
                "demo", "--rate", "2000/s", "--median", "5s", "--p99", "10s", "--listen",
                "127.0.0.1:0")
            try wait(for: "the demo") { process.output.contains("Ctrl-C stops it") }
            process.send(SIGTERM)
            process.send(SIGINT)
            let code = try process.exitCode()
            #expect(code == 1 || code == 0 && process.output.contains("intended"))
        }
    }
}
