import ArgumentParser
import Testing

@testable import ballast

/// The examples of each command's help, as a shell would read them.
@Suite struct HelpTests {
    /// The words of the lines that call `ballast`; a pipe or a redirection ends one.
    private static func examples(_ help: String) -> [[String]] {
        help.replacing(#/ \\\n */#, with: " ").split(separator: "\n").compactMap { line in
            guard line.hasPrefix("  "), let start = line.firstRange(of: #/(^ *|\| )ballast /#)
            else {
                return nil
            }
            let words = words(line[start.upperBound...])
            return Array(words.prefix { !$0.hasPrefix(">") && !$0.hasPrefix("|") })
        }
    }

    private static func words(_ line: Substring) -> [String] {
        line.matches(of: #/'([^']*)'|([^' ]+)/#).map { String($0.1 ?? $0.2 ?? "") }
    }

    @Test(arguments: [nil, "demo", "hit", "check", "run", "healthcheck"])
    func `every example is one that the program takes`(_ command: String?) throws {
        let type = Ballast.configuration.subcommands.first {
            $0.configuration.commandName == command
        }
        let examples = Self.examples((type ?? Ballast.self).helpMessage())
        #expect(examples.count > 1)
        for words in examples {
            let parsed = try Ballast.parseAsRoot(words)
            guard let hit = parsed as? Hit else { continue }
            var flags = hit.flags
            // Its file is the reader's.
            if flags.body?.hasPrefix("@") == true { flags.body = nil }
            _ = try flags.load()
            for text in hit.thresholds { _ = try Threshold(text) }
        }
    }
}
