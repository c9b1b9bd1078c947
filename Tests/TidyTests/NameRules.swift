import Testing

/// One name, one meaning: no two types at the top of a file are called the same, in whatever modules they are.
enum NameRules {
    private static let kinds: Set<Substring> = ["class", "struct", "enum", "protocol", "actor"]
    private static let before: Set<Substring> = [
        "package", "private", "fileprivate", "final", "@safe", "@unsafe",
    ]

    static func types(in file: ProjectFile) -> [String] {
        file.code.compactMap { _, line in
            let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "@" }
            let declared = words.drop { before.contains($0) }
            guard !line.hasPrefix(" "), let kind = declared.first, kinds.contains(kind) else {
                return nil
            }
            return declared.dropFirst().first.map(String.init)
        }
    }

    /// - Returns: names that stand for more than one type, with their files.
    static func faults(in files: [ProjectFile]) -> [String] {
        var places: [String: [String]] = [:]
        for file in files {
            for type in types(in: file) { places[type, default: []].append(file.path) }
        }
        return places.filter { $0.value.count > 1 }.map { "\($0): \($1)" }.sorted()
    }
}

@Suite struct NameTests {
    @Test func `no two types have one name`() {
        #expect(NameRules.faults(in: Project.swiftFiles("Sources")) == [])
    }

    @Test func `two types of one name are seen`() {
        let files = [
            ProjectFile(path: "Sources/A/A.swift", text: "package final class Fish {}\n"),
            ProjectFile(path: "Sources/B/B.swift", text: "struct Fish: Sendable {\n"),
            ProjectFile(path: "Sources/B/C.swift", text: "enum Bird {\n    struct Fish {}\n}\n"),
        ]
        #expect(NameRules.faults(in: files).count == 1)
        #expect(NameRules.faults(in: Array(files.dropFirst())) == [])
        #expect(files.flatMap(NameRules.types) == ["Fish", "Fish", "Bird"])
    }
}
