import Testing

/// How long things may be: what a reader can hold.
enum SizeRules {
    static let sourceLines = 40...250
    static let testLinesMax = 350
    /// Shorter than that all the same, and why.
    static let short: Set<String> = [
        "Sources/Config/Ranges.swift",  // a list to look things up in
        "Sources/Engine/GeneratorEvent.swift",  // what two modules say to each other
        "Sources/Exposition/Gzip.swift",  // the fence around zlib
        "Sources/Reactor/Clock.swift",  // the one place that reads the clock
    ]
    static let functionLines = 70
    static let codeColumns = 100
    static let commentColumns = 120

    static func faults(in file: ProjectFile) -> [String] {
        lengthFaults(in: file) + columnFaults(in: file) + functionFaults(in: file)
    }

    private static func lengthFaults(in file: ProjectFile) -> [String] {
        let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
        let isSource = file.module != nil
        if isSource, count < sourceLines.lowerBound, !short.contains(file.path) {
            return [file.fault(count, "\(count) lines: what does it change together with?")]
        }
        let most = isSource ? sourceLines.upperBound : testLinesMax
        return count > most ? [file.fault(count, "\(count) lines, at most \(most)")] : []
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

    @Test func `no exception is there for nothing`() throws {
        for path in SizeRules.short {
            let text = try #require(Project.text(path), "\(path)")
            #expect(text.split(separator: "\n").count < SizeRules.sourceLines.lowerBound)
        }
    }

    private func faults(_ text: String, in folder: String = "Tests") -> [String] {
        SizeRules.faults(in: ProjectFile(path: "\(folder)/Time/Bad.swift", text: text))
    }

    @Test(arguments: [("Sources", 40, 250), ("Tests", 0, 350)])
    func `a file that is long or short is seen`(folder: String, least: Int, most: Int) {
        func faultCount(_ lines: Int) -> Int {
            faults(String(repeating: "\n", count: lines), in: folder).count
        }
        #expect(faultCount(least) == 0 && faultCount(most) == 0)
        #expect(faultCount(most + 1) == 1)
        if least > 0 { #expect(faultCount(least - 1) == 1) }
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
