import Config
import Foundation
import TestSupport
import Testing

/// The YAML and PromQL that a reader copies.
@Suite struct BlockTests {
    /// Any variable is set and any file is there, a PEM file for all that anybody knows.
    private static let context = ConfigurationContext(
        environment: { _ in "value" },
        readFile: { _, _ in .success(Array("-----BEGIN CERTIFICATE-----\n".utf8)) })

    /// What a block of YAML is for; nil when nobody knows.
    private enum Purpose { case fragment, configuration, kustomization, scrape, rules }

    private static func purpose(_ text: String) -> Purpose? {
        let lines = text.split(separator: "\n")
        func begins(_ word: String) -> Bool { lines.contains { $0.hasPrefix(word) } }
        if begins("# fragment of ") { return .fragment }
        if begins("loads:") { return .configuration }
        if begins("kind: Kustomization") { return .kustomization }
        if begins("scrape_configs:") { return .scrape }
        return begins("groups:") ? .rules : nil
    }

    @Test(arguments: Project.blocks("yaml", "yml"))
    func `a block of YAML does what it is for`(_ block: Document.Block) throws {
        switch try #require(Self.purpose(block.text), "\(block): what is it for?") {
        case .fragment: break  // Tests/ConfigTests completes and loads them.
        case .configuration:
            do throws(ConfigurationError) {
                _ = try Configuration.parse(
                    Array(block.text.utf8), file: "\(block)", context: Self.context)
            } catch {
                Issue.record("\(error.rendered)")
            }
        case .kustomization: try expectRendered(block)
        case .scrape: try expectPassed(block, by: "promtool check config")
        case .rules: try expectPassed(block, by: "promtool check rules")
        }
    }

    private func expectPassed(_ block: Document.Block, by tool: String) throws {
        let shell = try Shell()
        try shell.folder.write(block.text, to: "block.yaml")
        let result = try shell.run("\(tool) block.yaml")
        #expect(result.code == 0, "\(block): \(result.output)")
    }

    /// A user's own kustomization, with the files of our example in the places that it names.
    private func expectRendered(_ block: Document.Block) throws {
        let shell = try Shell()
        try shell.folder.write(block.text, to: "kustomization.yaml")
        for (name, path) in [
            ("k8s", "k8s"), ("deployment.yaml", "k8s/overlays/example/nginx.yaml"),
            ("ballast.yaml", "k8s/overlays/example/ballast.yaml"),
        ] {
            try FileManager.default.copyItem(
                at: Project.url(path), to: shell.folder.url.appending(path: name))
        }
        let result = try shell.run("kubectl kustomize .")
        #expect(result.code == 0, "\(block): \(result.output)")
        #expect(result.output.contains("initContainers:"), "\(block): no sidecar was added")
    }

    @Test func `there are blocks of each purpose`() {
        let purposes = Project.blocks("yaml").compactMap { Self.purpose($0.text) }
        for purpose in [Purpose.fragment, .configuration, .kustomization, .scrape, .rules] {
            #expect(purposes.contains(purpose))
        }
    }

    @Test func `every PromQL expression parses`() throws {
        let blocks = Project.blocks("promql")
        #expect(blocks.count >= 7)
        let expressions = blocks.flatMap { $0.text.split(separator: "\n\n").map(String.init) }
        #expect(try parses(expressions) == "")
    }

    @Test func `a PromQL expression that does not parse is seen`() throws {
        #expect(try parses(["sum by load (rate(up[5m]))"]) != "")
        #expect(try parses(["rate(up)"]) != "")
    }

    /// - Returns: what promtool objects to.
    private func parses(_ expressions: [String]) throws -> String {
        var rules = "groups:\n  - name: documents\n    rules:\n"
        for (index, expression) in expressions.enumerated() {
            let indented = expression.split(separator: "\n").map { "          \($0)\n" }
            rules += "      - record: documents:expression:\(index)\n        expr: |\n"
            rules += indented.joined()
        }
        let shell = try Shell()
        try shell.folder.write(rules, to: "rules.yaml")
        let result = try shell.run("promtool check rules rules.yaml")
        return result.code == 0 ? "" : result.output
    }
}
