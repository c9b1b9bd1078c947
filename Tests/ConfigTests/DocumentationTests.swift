import Foundation
import Testing

@testable import Config

/// What a user copies must work.
struct DocumentationTests {
    /// Any variable is set and any file is there, a PEM file for all that anybody knows.
    private static let context = ConfigurationContext(
        environment: { _ in "value" },
        readFile: { _, _ in .success(Array("-----BEGIN CERTIFICATE-----\n".utf8)) })

    private static func parse(
        _ yaml: String, name: String
    ) throws(ConfigurationError) -> Configuration {
        try Configuration.parse(Array(yaml.utf8), file: name, context: context)
    }

    @Test func `every example loads`() throws {
        let folder = Place.root.appending(path: "examples")
        let files = try Place.files(in: folder, ending: "yaml")
        #expect(files.count >= 6)
        for file in files {
            let yaml = try String(contentsOf: file, encoding: .utf8)
            do throws(ConfigurationError) {
                _ = try Self.parse(yaml, name: file.lastPathComponent)
            } catch {
                Issue.record("\(error.rendered)")
            }
        }
    }

    @Test func `every YAML block of the reference loads`() throws {
        let file = Place.root.appending(path: "docs/configuration.md")
        let blocks = try Self.blocks(of: String(contentsOf: file, encoding: .utf8))
        #expect(blocks.count >= 20)
        for (line, block) in blocks {
            do throws(ConfigurationError) {
                _ = try Self.parse(
                    Self.completed(block), name: "configuration.md, block at \(line)")
            } catch {
                Issue.record("\(error.rendered)")
            }
        }
    }

    @Test func `the tables of keys are those of the program`() throws {
        let file = Place.root.appending(path: "docs/configuration.md")
        let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
        var left = KeyRow.all
        var corrected = lines
        for (number, line) in lines.enumerated() {
            let cells = line.components(separatedBy: " | ")
            guard cells.count >= 5, let name = Self.key(of: cells[0]) else { continue }
            // Some names stand in two mappings, whose tables come in the order of the file; some keys in two tables.
            let place = left.firstIndex { $0.name == name }
            let known = place.map { left.remove(at: $0) } ?? KeyRow.all.first { $0.name == name }
            guard let row = known else { continue }
            let said = [cells[0], row.type, Self.shown(row.fallback), row.range]
            corrected[number] = (said + cells[4...]).joined(separator: " | ")
            if !Place.isUpdating { #expect(line == corrected[number]) }
        }
        #expect(left.map(\.name) == [], "in no table")
        if Place.isUpdating {
            try Data(corrected.joined(separator: "\n").utf8).write(to: file)
        }
    }

    /// Of the first cell of a row: "| `name`" or "| [`name`](#name)".
    private static func key(of cell: String) -> String? {
        let parts = cell.components(separatedBy: "`")
        return parts.count == 3 && ["| ", "| ["].contains(parts[0]) ? parts[1] : nil
    }

    /// Values look like code, words do not.
    private static func shown(_ fallback: String) -> String {
        let isWord =
            fallback.contains(" ") && !fallback.hasPrefix("{")
            || ["none", "required", "empty"].contains(fallback)
        return isWord ? fallback : "`\(fallback)`"
    }

    /// The contents of all yaml code blocks, each with its line.
    private static func blocks(of markdown: String) -> [(line: Int, yaml: String)] {
        var blocks: [(Int, String)] = []
        var current: (line: Int, yaml: String)?
        for (index, line) in markdown.components(separatedBy: "\n").enumerated() {
            if line == "```yaml" {
                current = (index + 1, "")
            } else if line == "```", let block = current {
                blocks.append(block)
                current = nil
            } else {
                current?.yaml += line + "\n"
            }
        }
        return blocks
    }

    /// A fragment gets what it needs to be a whole configuration; its own keys stay.
    private static func completed(_ block: String) -> String {
        if block.hasPrefix("# fragment of a load") {
            let lines = block.split(separator: "\n").filter { !$0.hasPrefix("#") }
            let isSecure = lines.contains { $0.hasPrefix("tls:") }
            let given = [
                "name": "shop", "target": "\(isSecure ? "https" : "http")://127.0.0.1:8080",
                "rate": "50/s",
            ].filter { key, _ in !lines.contains { $0.hasPrefix("\(key):") } }
            let all = given.map { "\($0.key): \($0.value)" } + lines.map(String.init)
            return "loads:\n  -\n" + all.map { "    \($0)\n" }.joined()
        }
        if block.hasPrefix("# fragment of the file") {
            return block + "loads: [{name: shop, target: 'http://127.0.0.1', rate: 50/s}]\n"
        }
        return block
    }
}
