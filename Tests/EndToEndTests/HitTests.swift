import Foundation
import TestSupport
import Testing

/// `ballast hit` against real targets.
@Suite struct HitTests {
    private func json(_ process: RunningProcess) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(process.output.utf8))
        return try #require(object as? [String: Any])
    }

    @Test(arguments: [
        ["--rate", "5000/s"], ["--rate", "max"], ["--rate", "5000/s", "--workers", "2"],
    ])
    func `exactly so many requests are sent`(_ arguments: [String]) throws {
        let nginx = try Nginx()
        let process = try RunningProcess(
            BallastBinary.path,
            ["hit", nginx.url + "/a?b=c", "--requests", "137", "--late", "1m", "--output", "json"]
                + arguments)
        #expect(try process.exitCode() == 0)
        let result = try json(process)
        for name in ["intended", "sent", "completed"] { #expect(result[name] as? Int == 137) }
        try wait(for: "nginx's log") { nginx.requests.count >= 137 }
        #expect(nginx.requests == Array(repeating: "GET /a?b=c 200", count: 137))
    }

    @Test func `a run of random arrivals shows its seed, and the seed repeats it`() throws {
        let nginx = try Nginx()
        func run(_ arguments: String...) throws -> (seed: UInt64, intended: Int) {
            let process = try RunningProcess(
                BallastBinary.path,
                [
                    "hit", nginx.url, "--rate", "500/s", "--for", "500ms", "--arrivals", "poisson",
                    "--output", "json",
                ] + arguments)
            #expect(try process.exitCode() == 0, "\(process.errors)")
            let result = try json(process)
            let plan = try #require(result["plan"] as? [String: Any])
            let seed = try #require(plan["seed"] as? UInt64)
            return (seed, try #require(result["intended"] as? Int))
        }
        let (first, second) = (try run(), try run())
        #expect(first.seed != second.seed)
        let again = try run("--seed", "\(first.seed)")
        #expect(again == first)
    }

    @Test func `the request is what the flags say`() throws {
        let nginx = try Nginx(
            locations: """
                location / {
                  if ($http_x_test != "one: two") { return 400; }
                  if ($content_length != 5) { return 411; }
                  return 204;
                }
                """)
        let process = try BallastBinary.start(
            "hit", nginx.url, "--requests", "2", "--header", "x-test: ${env:GREETING}", "--body",
            "hello", "--expect-status", "204", environment: ["GREETING": "one: two"])
        #expect(try process.exitCode() == 0, "\(process.output)\(process.errors)")
        try wait(for: "nginx's log") { nginx.requests.count >= 2 }
        #expect(nginx.requests == ["POST / 204", "POST / 204"])
    }

    @Test func `thresholds decide the exit code`() throws {
        let nginx = try Nginx()
        let good = try BallastBinary.start(
            "hit", nginx.url, "--requests", "20", "--threshold", "failed<1%", "--threshold",
            "p99<2s")
        #expect(try good.exitCode() == 0, "\(good.output)")
        let bad = try BallastBinary.start(
            "hit", nginx.url, "--requests", "20", "--threshold", "failed<1%", "--threshold",
            "service.p50<1us")
        #expect(try bad.exitCode() == 3)
        #expect(bad.output.contains("✗ service.p50<1us"))
    }

    @Test func `nothing ok is exit 1, and the summary says what came instead`() throws {
        let nginx = try Nginx(locations: "location / { return 503; }")
        let process = try BallastBinary.start("hit", nginx.url, "--requests", "5")
        #expect(try process.exitCode() == 1)
        #expect(process.output.contains("status 5 (100%)"))
        #expect(process.output.contains("503: 5"))
    }

    @Test func `a target that refuses is one clear line and exit 1`() throws {
        let port = try Network.freePort()
        let process = try BallastBinary.start("hit", "http://127.0.0.1:\(port)/")
        #expect(try process.exitCode() == 1)
        #expect(
            process.errors == "ballast: cannot reach 127.0.0.1:\(port): Connection refused\n")
        #expect(process.output.isEmpty)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a signal ends it with the summary and its own exit code`(_ signal: Int32) throws {
        let nginx = try Nginx()
        let process = try BallastBinary.start("hit", nginx.url, "--for", "1h", "--output", "json")
        try wait(for: "requests") { nginx.requests.count > 3 }
        process.send(signal)
        #expect(try process.exitCode() == 0)
        let result = try json(process)
        #expect(result["interrupted"] as? Bool == true)
        #expect(result["sent"] as? Int == nginx.requests.count)
        #expect(result["sent"] as? Int == result["completed"] as? Int)
    }

    @Test func `a signal while the last answers are awaited keeps the summary`() throws {
        let silent = try Listener()
        let port = try Network.freePort()
        let process = try BallastBinary.start(
            "hit", "http://127.0.0.1:\(silent.port)/", "--requests", "3", "--rate", "1000/s",
            "--timeout", "1m", "--output", "json", "--listen", "127.0.0.1:\(port)")
        try wait(for: "three requests") {
            let page = try? Network.get("/metrics", port: port).body
            return page?.contains("ballast_requests_sent_total{load=\"hit\"} 3\n") == true
        }
        process.send(SIGINT)
        #expect(try process.exitCode() == 1)
        let outcomes = try #require(try json(process)["outcomes"] as? [String: Int])
        #expect(outcomes["canceled"] == 3)
    }

    @Test func `in a pipe there is no progress line and no colour`() throws {
        let nginx = try Nginx()
        let process = try BallastBinary.start("hit", nginx.url, "--requests", "30")
        #expect(try process.exitCode() == 0)
        #expect(process.errors.isEmpty)
        #expect(!process.output.contains("\u{1B}"))
    }

    @Test func `requests in flight are waited for`() throws {
        let silent = try Listener()
        let process = try BallastBinary.start(
            "hit", "http://127.0.0.1:\(silent.port)/", "--requests", "3", "--timeout", "300ms",
            "--output", "json")
        #expect(try process.exitCode() == 1)
        let outcomes = try #require(try json(process)["outcomes"] as? [String: Int])
        #expect(outcomes["timeout"] == 3)
        #expect(outcomes["canceled"] == 0)
    }
}
