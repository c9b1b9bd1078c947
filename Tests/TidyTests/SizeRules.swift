import Testing

/// How long things may be: what a reader can hold.
enum SizeRules {
    static let fileLines = 400
    static let functionLines = 70
    static let codeColumns = 100
    static let commentColumns = 120

    static func faults(in file: ProjectFile) -> [String] {
        lengthFaults(in: file) + columnFaults(in: file) + functionFaults(in: file)
    }

    private static func lengthFaults(in file: ProjectFile) -> [String] {
        let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
        return count > fileLines ? [file.fault(count, "\(count) lines, at most \(fileLines)")] : []
    }

    private static func columnFaults(in file: ProjectFile) -> [String] {
        file.lines.enumerated().compactMap { index, line in
            let isComment = line.drop { $0 == " " }.hasPrefix("//")
            let limit = isComment ? commentColumns : codeColumns
            guard line.count > limit else { return nil }
            return file.fault(index + 1, "\(line.count) columns, at most \(limit)")
        }
    }

    /// A function begins where its keyword stands and ends at the brace of the same indentation, which the formatter
    /// guarantees.
    private static func functionFaults(in file: ProjectFile) -> [String] {
        let lines = file.lines
        return file.code.compactMap { number, text in
            guard begins(text) else { return nil }
            let indentation = text.prefix { $0 == " " }
            let end = lines[(number - 1)...].firstIndex { $0 == indentation + "}" }
            let isOneLine = text.hasSuffix("}")
            guard !isOneLine, let end, end - number + 2 > functionLines else { return nil }
            return file.fault(number, "\(end - number + 2) lines, at most \(functionLines)")
        }
    }

    private static func begins(_ line: String) -> Bool {
        let words = line.split { $0 == " " || $0 == "(" || $0 == "?" || $0 == "<" }
        let declared = words.drop { $0.hasPrefix("@") || modifiers.contains(String($0)) }.first
        return declared.map { ["func", "init", "deinit", "subscript"].contains($0) } ?? false
    }

    private static let modifiers: Set<String> = [
        "package", "public", "internal", "private", "fileprivate", "static", "final", "mutating",
        "consuming", "borrowing", "override", "nonisolated", "convenience", "required", "class",
    ]
}

@Suite struct SizeTests {
    @Test func `files, functions and lines are short`() {
        let files = Project.swiftFiles("Sources") + Project.swiftFiles("Tests")
        #expect(files.flatMap(SizeRules.faults) == [])
    }

    private func faults(_ text: String) -> [String] {
        SizeRules.faults(in: ProjectFile(path: "Sources/Time/Bad.swift", text: text))
    }

    @Test func `a long file is seen`() {
        #expect(faults(String(repeating: "\n", count: 400)) == [])
        #expect(faults(String(repeating: "\n", count: 401)).count == 1)
    }

    @Test func `a long line is seen, a comment has more room`() {
        #expect(faults(String(repeating: "a", count: 100)) == [])
        #expect(faults(String(repeating: "a", count: 101)).count == 1)
        #expect(faults("    // " + String(repeating: "a", count: 110)) == [])
        #expect(faults("    // " + String(repeating: "a", count: 114)).count == 1)
    }

    @Test func `a long function is seen`() {
        let body = String(repeating: "        x()\n", count: 68)
        for head in [
            "package mutating func f(a: Int) {", "init?(a: Int) {", "deinit {",
            "@Test func `a sentence`() throws {",
            "private static func g<A>(a: A)\n        -> Int\n    {",
        ] {
            let extra = head.split(separator: "\n").count - 1
            let short = String(body.dropFirst(12 * extra))
            #expect(faults("struct A {\n    \(head)\n\(short)    }\n}\n") == [], "\(head)")
            let long = short + "        x()\n"
            #expect(faults("struct A {\n    \(head)\n\(long)    }\n}\n").count == 1, "\(head)")
        }
    }
}
