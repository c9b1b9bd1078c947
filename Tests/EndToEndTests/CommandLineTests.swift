import Foundation
import TestSupport
import Testing

/// What the program says and with which code it leaves, whatever it is told.
@Suite struct CommandLineTests {
    @Test(arguments: [
        ["hit"], ["hit", "ftp://127.0.0.1"], ["hit", "http://127.0.0.1:1/", "--rate", "50/q"],
        ["hit", "http://127.0.0.1:1/", "--unknown"], ["frob"], ["run"],
        ["run", "x.yaml", "--for", "ten"], ["run", "x.yaml", "--log-level", "loud"],
        ["run", "/nowhere/x.yaml"], ["check", "/nowhere/x.yaml"],
        ["hit", "http://127.0.0.1:1/", "--threshold", "p100<1s"],
        ["hit", "http://127.0.0.1:1/", "--body", "@/nowhere"],
        ["hit", "http://127.0.0.1:1/", "--header", "no colon"],
        ["hit", "http://127.0.0.1:1/", "--transport", "direct", "--http", "2"],
        ["healthcheck", "--port", "0"], ["healthcheck", "--port", "x"],
        ["demo", "--median", "50ms", "--p99", "10ms"],
    ])
    func `a wrong command line is one clear line and exit 2`(_ arguments: [String]) throws {
        let process = try RunningProcess(BallastBinary.path, arguments)
        #expect(try process.exitCode() == 2)
        #expect(process.output.isEmpty)
        #expect(process.errors.split(separator: "\n").count == 1, "\(process.errors)")
        #expect(!process.errors.contains("Usage"))
    }

    @Test(arguments: ["demo", "hit", "check", "run", "healthcheck"])
    func `every command's help shows examples`(_ command: String) throws {
        let process = try BallastBinary.start(command, "--help")
        #expect(try process.exitCode() == 0)
        #expect(process.output.components(separatedBy: "\n  ballast \(command)").count > 2)
    }

    @Test func `a result that cannot be written is exit 1`() throws {
        let nginx = try Nginx()
        for command in ["check examples/minimal.yaml", "hit \(nginx.url) --requests 1"] {
            let line = "exec '\(BallastBinary.path)' \(command) >/dev/full"
            let root = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent().path
            let process = try RunningProcess("/bin/sh", ["-c", "cd '\(root)' && \(line)"])
            #expect(try process.exitCode() == 1)
            let reason = "cannot write to standard output: No space left on device"
            #expect(process.errors == "ballast: \(reason)\n")
        }
    }

    @Test func `the version is one line`() throws {
        let process = try BallastBinary.start("--version")
        #expect(try process.exitCode() == 0)
        #expect(process.output.wholeMatch(of: /ballast \d+\.\d+\.\d+\n/) != nil)
    }

    /// Foundation costs 52 MB of binary; an import somewhere in a dependency would bring it back unseen.
    @Test func `the program links no Foundation but its essentials`() throws {
        let list = try RunningProcess("/usr/bin/ldd", [BallastBinary.path])
        #expect(try list.exitCode() == 0)
        let libraries = list.output.split(separator: "\n").compactMap {
            $0.split(whereSeparator: \.isWhitespace).first.map(String.init)
        }
        #expect(libraries.contains { $0.hasPrefix("libcurl.so") })
        let foundations = Set(libraries.filter { $0.contains("Foundation") })
        #expect(foundations.subtracting(["libFoundationEssentials.so"]).isEmpty)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `there are completions for three shells`(_ shell: String) throws {
        let process = try BallastBinary.start("--generate-completion-script", shell)
        #expect(try process.exitCode() == 0)
        #expect(process.output.contains("healthcheck"))
    }

    @Test func `check shows all mistakes at once and exits 2`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "loads:\n  - {name: a, target: ftp://x, rate: 5, timeot: 1s}\n", to: "a.yaml")
        let process = try BallastBinary.start("check", file)
        #expect(try process.exitCode() == 2)
        #expect(process.errors.components(separatedBy: ": error: ").count == 4, "\(process.errors)")
    }

    @Test func `check shows what would run and exits 0`() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(
            "loads:\n  - {name: a, target: \"http://127.0.0.1:1\", rate: 5/s}\n", to: "a.yaml")
        let process = try BallastBinary.start("check", file)
        #expect(try process.exitCode() == 0)
        #expect(process.output.contains("432 000 requests a day"))
        #expect(process.errors.isEmpty)
    }

    @Test func `more connections than open files are refused before the start`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            server: {listen: "127.0.0.1:0"}
            loads: [{name: a, target: "http://127.0.0.1:1", rate: 1/s, limits: {connections: 100}}]
            """, to: "a.yaml")
        let hit = "hit http://127.0.0.1:1/ --connections 100"
        for command in ["check a.yaml", "run a.yaml", hit] {
            let line = "ulimit -n 200; exec '\(BallastBinary.path)' \(command)"
            let process = try RunningProcess(
                "/bin/sh", ["-c", "cd '\(folder.url.path)' && \(line)"])
            #expect(try process.exitCode() == 2)
            #expect(process.errors.contains("needs 228 open files"), "\(process.errors)")
        }
    }

    @Test func `more series than the budget are refused before the start`() throws {
        let loads = (0..<70).map {
            "  - {name: a\($0), target: \"http://127.0.0.1:1\", rate: 1/h, "
                + "limits: {connections: 1}}"
        }
        let folder = try TemporaryFolder()
        let text = "server: {listen: \"127.0.0.1:0\"}\nloads:\n" + loads.joined(separator: "\n")
        let file = try folder.write(text, to: "a.yaml")
        for command in ["check", "run"] {
            let process = try BallastBinary.start(command, file)
            #expect(try process.exitCode() == 2)
            #expect(process.errors.contains("10000 are the limit"), "\(process.errors)")
        }
    }
}
