import Foundation
import Testing

/// The modules and their arrows are drawn as the package has them.
@Suite struct ModuleTableTests {
    /// Each module's imports in `Package.swift`, without `Time`, which all may import.
    private static func package() throws -> [String: Set<String>] {
        let text = try Project.text("Package.swift")
        var modules: [String: Set<String>] = [:]
        for match in text.matches(of: /module\(\s*"(\w+)"(?:,\s*\[([^\]]*)\])?\)/) {
            let names = match.output.2.map { words(in: $0) } ?? []
            modules[String(match.output.1)] = names.subtracting(["Time"])
        }
        return modules
    }

    private static func words(in text: some StringProtocol) -> Set<String> {
        Set(
            text.split(whereSeparator: { !$0.isLetter && !$0.isNumber }).map { String($0) }
                .filter { $0.first?.isUppercase ?? false })
    }

    private static func architecture() throws -> Document {
        try #require(Project.documents.first { $0.path == "docs/architecture.md" })
    }

    @Test func `the table names each module's imports`() throws {
        let package = try Self.package()
        #expect(package.count == 13)
        var table: [String: Set<String>] = [:]
        for (_, line) in try Self.architecture().prose {
            let row = /\| [0-3] \| `(\w+)` \| .* \| ([^|]+) \|/
            guard let match = line.wholeMatch(of: row) else { continue }
            table[String(match.output.1)] = Self.words(in: match.output.2)
        }
        #expect(table == package)
    }

    @Test func `the drawing has the same arrows`() throws {
        let block = try #require(
            Self.architecture().blocks.first { $0.language == "mermaid" })
        var drawn: [String: Set<String>] = [:]
        for match in block.text.matches(of: /(\w+) --> (.*)/) {
            drawn[String(match.output.1)] = Self.words(in: match.output.2)
        }
        drawn["ballast"] = nil
        #expect(drawn == (try Self.package()).filter { !$0.value.isEmpty })
    }
}
