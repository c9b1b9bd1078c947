import Foundation

/// One text file of the project.
struct ProjectFile {
    /// From the project's root: `Sources/Time/Instant.swift`.
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// The module of a file under Sources; nil elsewhere.
    var module: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }

    /// The lines without comments and without what string literals say, numbered from 1.
    var code: [(number: Int, text: String)] {
        lines.enumerated().compactMap { index, line in
            let code = Self.code(of: line)
            return code.isEmpty ? nil : (index + 1, code)
        }
    }

    /// Enough of a lexer for one line: a `//` outside a literal ends it, and a literal keeps only its quotes.
    static func code(of line: Substring) -> String {
        var code = ""
        var inLiteral = false
        var rest = line
        while let character = rest.popFirst() {
            if inLiteral {
                if character == "\\" { _ = rest.popFirst() }
                if character != "\"" { continue }
                inLiteral = false
            } else if character == "\"" {
                inLiteral = true
            } else if character == "/", rest.first == "/" {
                break
            }
            code.append(character)
        }
        return code.allSatisfy(\.isWhitespace) ? "" : code
    }

    func fault(_ line: Int, _ message: String) -> String { "\(path):\(line): \(message)" }
}

/// The project on disk.
enum Project {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path(percentEncoded: false)

    static func text(_ path: String) -> String? {
        try? String(contentsOfFile: root + path, encoding: .utf8)
    }

    /// The Swift files under a folder, in the order of their paths.
    static func swiftFiles(_ folder: String) -> [ProjectFile] {
        files(folder) { $0.hasSuffix(".swift") }
    }

    /// All text files under a folder; binary ones are passed over.
    static func files(_ folder: String, where wanted: (String) -> Bool = { _ in true })
        -> [ProjectFile]
    {
        let names = FileManager.default.enumerator(atPath: root + folder)?.compactMap {
            $0 as? String
        }
        return (names ?? []).filter(wanted).sorted().compactMap { name in
            let path = "\(folder)/\(name)"
            return text(path).map { ProjectFile(path: path, text: $0) }
        }
    }

    /// The text files at the root itself.
    static func rootFiles() -> [ProjectFile] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.sorted().compactMap { name in
            text(name).map { ProjectFile(path: name, text: $0) }
        }
    }
}
