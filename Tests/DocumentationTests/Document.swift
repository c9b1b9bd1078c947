import Foundation

/// One Markdown file of the project.
struct Document: Sendable, CustomStringConvertible {
    /// A fenced block: what stands between ``` and ```.
    struct Block: Sendable, CustomStringConvertible {
        let document: String
        /// Of its first line, counted from 1.
        let line: Int
        let language: String
        var text = ""

        var description: String { "\(document):\(line)" }
    }

    /// From the project's root: `docs/terms.md`.
    let path: String
    private(set) var blocks: [Block] = []
    /// The lines outside of blocks, numbered from 1.
    private(set) var prose: [(number: Int, text: String)] = []

    var description: String { path }

    init(path: String, text: String) {
        self.path = path
        var open: Block?
        for (index, line) in text.components(separatedBy: "\n").enumerated() {
            let isFence = line.hasPrefix("```")
            if isFence, let block = open {
                blocks.append(block)
                open = nil
            } else if isFence {
                open = Block(document: path, line: index + 2, language: String(line.dropFirst(3)))
            } else if open != nil {
                open?.text += line + "\n"
            } else {
                prose.append((index + 1, line))
            }
        }
    }

    /// What `#…` in a link may name, as GitHub makes it from the headings.
    var anchors: Set<String> {
        Set(
            prose.filter { $0.text.hasPrefix("#") }.map { _, text in
                let title = text.drop { $0 == "#" }.dropFirst().lowercased()
                return String(
                    title.compactMap { character -> Character? in
                        if character == " " { return "-" }
                        let isKept = character.isLetter || character.isNumber
                        return isKept || "-_".contains(character) ? character : nil
                    })
            })
    }

    /// The targets of all links and pictures.
    var links: [(line: Int, target: String)] {
        prose.flatMap { number, text in
            text.matches(of: /\]\(([^)\s]+)\)/).map { (number, String($0.output.1)) }
        }
    }
}

/// The project on disk.
enum Project {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func url(_ path: String) -> URL { root.appending(path: path) }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: url(path), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: url(path).path)
    }

    /// All Markdown files that people write, the root's first.
    static let documents: [Document] = {
        var paths: [String] = []
        let folders = [
            "", "docs", "examples", "k8s", "grafana", "Fuzz", "Benchmarks", "scripts", "Tests",
        ]
        for folder in folders {
            let enumerator = FileManager.default.enumerator(
                at: url(folder), includingPropertiesForKeys: nil,
                options: folder.isEmpty ? .skipsSubdirectoryDescendants : .skipsHiddenFiles)
            let files = enumerator?.compactMap { $0 as? URL } ?? []
            paths += files.filter { $0.pathExtension == "md" }.map {
                let prefix = root.standardizedFileURL.path.count + 1
                return String($0.standardizedFileURL.path.dropFirst(prefix))
            }.sorted()
        }
        return paths.compactMap { path in
            (try? text(path)).map { Document(path: path, text: $0) }
        }
    }()

    static func blocks(_ languages: String...) -> [Document.Block] {
        documents.flatMap(\.blocks).filter { languages.contains($0.language) }
    }
}
