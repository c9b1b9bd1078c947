import Foundation
import Testing

@Suite struct LinkTests {
    @Test func `the documents are there`() {
        let paths = Set(Project.documents.map(\.path))
        let expected = [
            "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md",
            "docs/configuration.md", "docs/development.md", "docs/hit-json.md", "docs/metrics.md",
            "docs/check-json.md", "docs/operations.md", "docs/performance.md", "docs/terms.md",
        ]
        #expect(paths.isSuperset(of: expected), "\(paths.sorted())")
    }

    @Test func `every link within the project leads somewhere`() throws {
        var count = 0
        for document in Project.documents {
            for (line, target) in document.links where !target.contains("://") {
                count += 1
                #expect(resolves(target, from: document), "\(document):\(line): \(target)")
            }
        }
        #expect(count > 40)
    }

    private func resolves(_ target: String, from document: Document) -> Bool {
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let folder = Project.url(document.path).deletingLastPathComponent()
        let file =
            parts[0].isEmpty
            ? Project.url(document.path) : folder.appending(path: String(parts[0])).standardized
        guard FileManager.default.fileExists(atPath: file.path) else { return false }
        guard parts.count > 1 else { return true }
        let named = Project.documents.first {
            Project.url($0.path).standardized.path == file.standardized.path
        }
        return named?.anchors.contains(String(parts[1])) ?? false
    }

    @Test(arguments: ["nothing.md", "#nowhere", "docs/terms.md#nowhere", "docs/nothing.md#load"])
    func `a link that leads nowhere is seen`(target: String) {
        let document = Document(path: "README.md", text: "# Title\n[a](\(target))\n")
        #expect(document.links.map(\.target) == [target])
        #expect(!resolves(target, from: document))
    }

    @Test func `what looks like a link in a block is none`() {
        let document = Document(path: "README.md", text: "```\n[a](b)\n```\n[c](d)\n")
        #expect(document.links.map(\.target) == ["d"])
        #expect(document.blocks.map(\.text) == ["[a](b)\n"])
    }
}
