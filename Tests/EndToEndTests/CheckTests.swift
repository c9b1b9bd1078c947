import Foundation
import TestSupport
import Testing

/// `ballast check` for people, scripts and pipelines.
@Suite struct CheckTests {
    private let folder: TemporaryFolder
    private let good: String
    private let bad: String
    private let secret: String

    init() throws {
        folder = try TemporaryFolder()
        good = try folder.write(
            "loads: [{name: a, target: \"http://127.0.0.1:1\", rate: 200/s}]\n", to: "good.yaml")
        bad = try folder.write(
            "loads:\n  - {name: a, url: \"http://127.0.0.1:1\", rate: 5}\n", to: "bad.yaml")
        secret = try folder.write(
            """
            loads:
              - name: a
                target: http://${env:NO_SUCH_HOST}:8080
                rate: 1/s
                request: {headers: {authorization: "Bearer ${file:/nowhere/token}"}}
            """, to: "secret.yaml")
    }

    @Test func `several files are looked at, and one mistake decides`() throws {
        let both = try BallastBinary.start("check", good, bad)
        #expect(try both.exitCode() == 2)
        #expect(both.output.contains(good) && both.output.contains("1 load on 1 worker"))
        #expect(both.errors.contains("bad.yaml:2:"), "\(both.errors)")
        #expect(both.errors.contains("it is called `target`"), "\(both.errors)")
        let twice = try BallastBinary.start("check", good, good)
        #expect(try twice.exitCode() == 0)
    }

    @Test func `a minus is standard input`() throws {
        let line = "cat '\(bad)' | '\(BallastBinary.path)' check -"
        let process = try RunningProcess("/bin/sh", ["-c", line])
        #expect(try process.exitCode() == 2)
        #expect(process.errors.contains("standard input:2:"), "\(process.errors)")
    }

    @Test func `what only the cluster has is named instead of read`() throws {
        let strict = try BallastBinary.start("check", secret)
        #expect(try strict.exitCode() == 2)
        #expect(strict.errors.contains("NO_SUCH_HOST") && strict.errors.contains("/nowhere/token"))
        let lenient = try BallastBinary.start("check", "--no-secrets", secret)
        #expect(try lenient.exitCode() == 0, "\(lenient.errors)")
        let line = lenient.output.split(separator: "\n").last ?? ""
        #expect(line == "not read  ${env:NO_SUCH_HOST}, ${file:/nowhere/token}")
    }

    @Test(arguments: [
        "target: \"htp://${env:H}:99999\"", "target: \"http://${env:H}:x\"",
        "target: \"http://a\", request: {path: \"x${env:T}\"}",
        "target: \"http://a\", request: {headers: {a: \"b\\nc${env:T}\"}}",
        "target: \"http://${env:H}\", tls: {verify: false}",
    ])
    func `what is written around a secret is looked at without it`(_ keys: String) throws {
        let file = try folder.write("loads: [{name: a, rate: 1/s, \(keys)}]\n", to: "a.yaml")
        let process = try BallastBinary.start("check", "--no-secrets", file)
        #expect(try process.exitCode() == 2, "\(process.output)")
    }

    @Test func `what is wrong in defaults is told once, with the load that it hits`() throws {
        let file = try folder.write(
            """
            defaults: {tls: {verify: false}, nonsense: 1}
            loads:
              - {name: secure, target: https://127.0.0.1, rate: 1/s}
              - {name: plain, target: http://127.0.0.1, rate: 1/s}
            """, to: "a.yaml")
        let process = try BallastBinary.start("check", file)
        #expect(try process.exitCode() == 2)
        #expect(process.errors.components(separatedBy: ": error: ").count == 3, "\(process.errors)")
        #expect(process.errors.contains("(in load `plain`)"))
        #expect(process.errors.contains("write `tls: null` in that load"))
        #expect(!process.errors.contains("there are more errors"))
    }

    @Test func `the plan says what the connections carry`() throws {
        let process = try BallastBinary.start("check", good)
        #expect(try process.exitCode() == 0)
        #expect(process.output.contains("64 connections carry 200/s up to 320ms"))
    }

    @Test func `JSON has the same for scripts`() throws {
        let process = try BallastBinary.start("check", "--output", "json", good, bad)
        #expect(try process.exitCode() == 2)
        #expect(process.errors == "")
        let all = try JSONSerialization.jsonObject(with: Data(process.output.utf8))
        let document = try #require(all as? [String: Any])
        #expect(document["schema"] as? Int == 1 && document["ok"] as? Bool == false)
        let files = try #require(document["files"] as? [[String: Any]])
        #expect(files.map { $0["file"] as? String } == [good, bad])
        #expect(files.map { $0["ok"] as? Bool } == [true, false])
        let load = try #require((files[0]["loads"] as? [[String: Any]])?.first)
        #expect(load["requests_per_second"] as? Double == 200)
        #expect(load["transport"] as? String == "direct")
        #expect(load["warnings"] as? [String] == [])
        #expect((files[0]["series_max"] as? Int ?? 0) > 100)
        let errors = try #require(files[1]["errors"] as? [[String: Any]])
        #expect(errors.count == 3)
        #expect(errors.allSatisfy { $0["line"] as? Int == 2 })
        #expect(errors.contains { ($0["hint"] as? String)?.contains("`target`") == true })
    }

    @Test func `healthcheck learns the port from the file`() throws {
        let sidecar = try RunningSidecar(
            loads: "  - {name: a, target: \"http://127.0.0.1:1\", rate: 1/s}")
        try sidecar.process.waitForLog("started")
        let file = try folder.write(
            "server: {listen: \"127.0.0.1:\(sidecar.port)\"}\nloads: nonsense\n", to: "port.yaml")
        let process = try BallastBinary.start("healthcheck", file)
        #expect(try process.exitCode() == 0, "\(process.output)")
        let elsewhere = try folder.write(
            "server: {listen: \"127.0.0.1:\(try Network.freePort())\"}\n", to: "other.yaml")
        #expect(try BallastBinary.start("healthcheck", elsewhere).exitCode() == 1)
        // As in an image whose command runs another file, or none.
        let absent = try BallastBinary.start(
            "healthcheck", "/nowhere/a.yaml",
            environment: ["BALLAST_LISTEN": "127.0.0.1:\(sidecar.port)"])
        #expect(try absent.exitCode() == 0)
        let broken = try folder.write("server: {listen: nonsense}\n", to: "broken.yaml")
        let unhealthy = try BallastBinary.start("healthcheck", broken)
        #expect(try unhealthy.exitCode() == 1)
        #expect(unhealthy.output.hasPrefix("unhealthy: "))
    }
}
