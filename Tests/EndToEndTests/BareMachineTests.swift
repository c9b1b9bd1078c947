import Foundation
import TestSupport
import Testing

/// The program where something is missing that every machine has: `/proc`, standard streams.
@Suite struct BareMachineTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Runs it in a mount namespace of its own, in which `/proc` is empty.
    private func withoutProc(_ arguments: String...) throws -> RunningProcess {
        let asRoot = getuid() == 0 ? [] : ["-r"]
        return try RunningProcess(
            "/usr/bin/unshare",
            ["-m"] + asRoot + [
                "sh", "-c", "mount -t tmpfs none /proc && exec \"$0\" \"$@\"", BallastBinary.path,
            ] + arguments)
    }

    @Test func `without proc every command does what it is told`() throws {
        let version = try withoutProc("--version")
        #expect(try version.exitCode() == 0)
        #expect(version.output.hasPrefix("ballast "))
        let unhealthy = try withoutProc("healthcheck", "--port", "\(try Network.freePort())")
        #expect(try unhealthy.exitCode() == 1)
        #expect(unhealthy.output.hasPrefix("unhealthy: "))
        let missing = try withoutProc("check", "/nowhere/x.yaml")
        #expect(try missing.exitCode() == 2)
        let wrong = try withoutProc("check", "--frob")
        #expect(try wrong.exitCode() == 2)
        #expect(wrong.errors.hasSuffix("See `ballast check --help`.\n"))
        let file = try folder.write(
            "loads: [{name: a, target: \"http://127.0.0.1:1\", rate: 5/s}]", to: "a.yaml")
        let good = try withoutProc("check", file)
        #expect(try good.exitCode() == 0)
        #expect(good.output.contains("432 000 requests a day"))
    }

    @Test func `without proc a load runs, and series about the process are missing`() throws {
        let nginx = try Nginx()
        let port = try Network.freePort()
        let file = try folder.write(
            """
            server: {listen: "127.0.0.1:\(port)", linger: 10m}
            loads: [{name: a, target: "\(nginx.url)", rate: 100/s}]
            """, to: "a.yaml")
        let process = try withoutProc("run", file, "--for", "100ms")
        try process.waitForLog("lingering")
        let page = try MetricsPage(try Network.get("/metrics", port: port).body)
        #expect(try process.exitCode() == 0)
        #expect(page.sum("ballast_requests_intended_total") == 10)
        #expect(page.outcomes == ["ok": page.sum("ballast_requests_sent_total")])
        #expect(page.samples.filter { $0.name.hasPrefix("process_") }.isEmpty)
        #expect(page.samples.filter { $0.name.hasPrefix("ballast_cpu_") }.isEmpty)
    }

    @Test func `closed standard streams are not given to other files`() throws {
        let silent = try Listener()
        let port = try Network.freePort()
        let file = try folder.write(
            """
            server: {listen: "127.0.0.1:\(port)"}
            loads: [{name: a, target: "http://127.0.0.1:\(silent.port)", rate: 1/s}]
            """, to: "a.yaml")
        let process = try RunningProcess(
            "/bin/sh", ["-c", "exec '\(BallastBinary.path)' run '\(file)' <&- >&- 2>&-"])
        try wait(for: "the server") { (try? Network.get("/livez", port: port))?.status == 200 }
        for number in 0...2 {
            let link = "/proc/\(process.identifier)/fd/\(number)"
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/dev/null")
        }
        process.send(SIGTERM)
        #expect(try process.exitCode() == 0)
    }

    @Test(arguments: ["check a.yaml", "--version", "--help", "healthcheck --port 1"])
    func `a result for a closed standard output is exit 1`(_ command: String) throws {
        try folder.write(
            "loads: [{name: a, target: \"http://127.0.0.1:1\", rate: 5/s}]", to: "a.yaml")
        let line = "cd '\(folder.url.path)' && exec '\(BallastBinary.path)' \(command) >&-"
        let process = try RunningProcess("/bin/sh", ["-c", line])
        #expect(try process.exitCode() == 1)
        #expect(
            process.errors
                == "ballast: cannot write to standard output: Bad file descriptor\n")
    }
}
