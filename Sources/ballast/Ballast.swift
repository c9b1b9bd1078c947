import ArgumentParser
import System

@main
struct Ballast: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ballast",
        abstract: "Keeps a steady load on the services beside it, and measures how they answer.",
        discussion: """
            See it work, with nothing else installed:
              ballast demo

            Ten seconds of load on a server, then a summary:
              ballast hit localhost:8080 -r 50

            The sidecar: endless load from a file, /metrics on port 9909:
              ballast check ballast.yaml
              ballast run ballast.yaml

            Exit codes: 0 fine, 1 failed at run time, 2 wrong command line or configuration, 3 a \
            threshold of `hit` does not hold.
            """,
        version: Version.text,
        subcommands: [Demo.self, Hit.self, Check.self, Run.self, Healthcheck.self])

    static func main() {
        StandardStream.claimClosed()
        do {
            var command = try parseAsRoot(Array(ProcessArguments.all.dropFirst()))
            try command.run()
            leave(ExitStatus.fine)
        } catch let error as StartError {
            leave(error.code, saying: error.description)
        } catch {
            let code = exitCode(for: error)
            if code.isSuccess {
                writeResult(fullMessage(for: error) + "\n")
                leave(code.rawValue)
            }
            // ArgumentParser says 64 for a wrong command line; Ballast's word for it is 2.
            guard code == .validationFailure else {
                leave(ExitStatus.failed, saying: message(for: error))
            }
            leave(ExitStatus.usage, saying: usageMessage(message(for: error)))
        }
    }

    /// One line, and where to read on.
    private static func usageMessage(_ text: String) -> String {
        let names = configuration.subcommands.compactMap { $0.configuration.commandName }
        let given = ProcessArguments.all.dropFirst().first { names.contains($0) }
        let type = configuration.subcommands.first { $0.configuration.commandName == given }
        let better = CommandHint.better(
            text, known: longFlags(of: type ?? Self.self), names: given == nil ? names : [])
        let lines = better.split(whereSeparator: \.isNewline).joined(separator: " ")
        let command = given.map { "ballast \($0)" } ?? "ballast"
        let end = lines.hasSuffix(".") || lines.hasSuffix("?") ? lines : lines + "."
        return "\(end) See `\(command) --help`."
    }

    private static func longFlags(of command: any ParsableCommand.Type) -> [String] {
        command.helpMessage().split { !($0.isLetter || $0.isNumber || $0 == "-") }
            .filter { $0.hasPrefix("--") }.map(String.init)
    }
}

enum Version {
    static let number = "0.1.0"
    static let text = "ballast \(number)"
}
