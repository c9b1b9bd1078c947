import Foundation
import TestSupport
import Testing

/// Every command of the documents, tried.
@Suite struct DocumentedCommandTests {
    struct Line: Sendable, CustomStringConvertible {
        let block: Document.Block
        let command: String

        var description: String { "\(block): \(command)" }
    }

    static let lines = Project.blocks("sh", "bash", "shell", "console").flatMap { block in
        CommandWay.commands(of: block).map { Line(block: block, command: $0) }
    }

    @Test(arguments: lines)
    func `a command works`(_ line: Line) throws {
        switch try #require(CommandWay(line.command), "\(line): no way to try it") {
        case .ballast: try expectBallast(line)
        case .request: try expectAnswer(line)
        case .dryRun:
            try expectPassed(line, line.command.replacing("make ", with: "make -n "))
        case .rendered:
            try expectPassed(line, line.command.replacing("apply -k", with: "kustomize"))
        case .named:
            let missing = try CommandWay.missing(line.command)
            #expect(missing == [], "\(line)")
        case .untried: break
        }
    }

    private func expectPassed(_ line: Line, _ command: String) throws {
        let result = try Shell().run(command, in: Project.root)
        #expect(result.code == 0, "\(line): \(result.output)")
    }

    // MARK: With servers

    private func expectBallast(_ line: Line) throws {
        let nginx = try Nginx()
        let shell = try Shell()
        try Self.writeConfiguration(into: shell.folder, target: nginx.url)
        let result = try shell.run(
            Self.bounded(line.command, target: nginx.url),
            environment: ["BALLAST_LISTEN": "127.0.0.1:0"])
        // A threshold is the reader's; whether it holds says nothing about the command.
        let isJudged = line.command.contains("--threshold")
        #expect(result.code == 0 || isJudged && result.code == 3, "\(line): \(result.output)")
    }

    private func expectAnswer(_ line: Line) throws {
        let nginx = try Nginx()
        let shell = try Shell()
        let file = try Self.writeConfiguration(into: shell.folder, target: nginx.url)
        let process = try BallastBinary.start("run", file, "--listen", "127.0.0.1:0")
        try process.waitForLog("msg=\"started\" listen=")
        let listen = try #require(process.errors.firstMatch(of: /listen=(\S+:\d+)\s/)).output.1
        let result = try shell.run(line.command.replacing("127.0.0.1:9909", with: listen))
        #expect(result.code == 0, "\(line): \(result.output)")
        #expect(result.output.contains("ballast_requests_intended_total"))
    }

    /// The same command on a target of ours, for a second where it would go on.
    static func bounded(_ command: String, target: String) -> String {
        var command = command.replacing("http://127.0.0.1:8080", with: target)
            .replacing("http://127.0.0.1:9910", with: target)
            .replacing("127.0.0.1:9910", with: target.replacing("http://", with: ""))
        command.replace(/(--for|-z) [0-9a-z]+/) { "\($0.output.1) 1s" }
        let ends = [" --for ", " -z ", " --requests ", " -n "].contains { command.contains($0) }
        let word = CommandWay.withoutVariables(command).split(separator: " ").dropFirst().first
        switch word {
        case "run", "hit": return ends ? command : command + " --for 1s"
        case "demo": return command + " --quiet --listen 127.0.0.1:0" + (ends ? "" : " --for 1s")
        default: return command
        }
    }

    /// The README's configuration as `ballast.yaml`, on a target of ours.
    @discardableResult
    static func writeConfiguration(into folder: TemporaryFolder, target: String) throws -> String {
        let readme = try #require(Project.documents.first { $0.path == "README.md" })
        let block = try #require(readme.blocks.first { $0.text.contains("\nloads:") })
        let token = try folder.write("secret\n", to: "token")
        let yaml = block.text.replacing("http://127.0.0.1:8080", with: target)
            .replacing("/run/secrets/token", with: token)
            .replacing("linger: 20s", with: "linger: 0s")
        return try folder.write(yaml, to: "ballast.yaml")
    }

    // MARK: The table

    @Test func `each way of the table is taken`() {
        #expect(Self.lines.count > 15)
        for (prefix, _) in CommandWay.table {
            let isTaken = Self.lines.contains {
                CommandWay.withoutVariables($0.command).hasPrefix(prefix)
            }
            #expect(isTaken, "no document has `\(prefix)`")
        }
    }

    @Test func `what does not exist is seen`() throws {
        #expect(CommandWay("rm -r folder") == nil)
        #expect(try CommandWay.missing("scripts/fuzz.sh 60 NoFuzz") == ["Fuzz/NoFuzz.swift"])
        #expect(try CommandWay.missing("cp none.yaml here.yaml") == ["none.yaml"])
        #expect(try CommandWay.missing("scripts/none.sh") == ["scripts/none.sh"])
        #expect(try CommandWay.missing("A=1 swift test --filter 'NoTests'") == ["NoTests"])
        let listed = try CommandWay.missing("scripts/bench.sh --quick --parts rates,none")
        #expect(listed == ["Benchmarks/bench/parts/none.py"])
        let series = try CommandWay.missing("scripts/soak.sh --quick --parts stops,rates")
        #expect(series == ["Benchmarks/soak/parts/rates.py"])
        #expect(try Shell().run("make -n nothing", in: Project.root).code != 0)
    }

    @Test func `the container of the documents is that of the Dockerfile`() throws {
        let dockerfile = try Project.text("Dockerfile")
        let run = try #require(Self.lines.first { $0.command.hasPrefix("docker run ") }).command
        let mount = try #require(run.firstMatch(of: /:(\/\S+\.yaml):ro/)?.output.1)
        #expect(dockerfile.contains("CMD [\"run\", \"\(mount)\"]"))
        let port = try #require(run.firstMatch(of: /-p (\d+):/)?.output.1)
        #expect(dockerfile.contains("EXPOSE \(port)"))
    }
}
