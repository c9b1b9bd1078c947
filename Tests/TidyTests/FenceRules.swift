import Foundation
import Testing

/// Words that are allowed in some places only.
struct Fence {
    let word: String
    /// Whether letters before or after the word make it another one.
    let isWhole: Bool
    let message: String
    let isAllowed: @Sendable (ProjectFile) -> Bool

    func faults(in file: ProjectFile) -> [String] {
        if isAllowed(file) { return [] }
        return file.code.filter { contains($0.text) }.map { file.fault($0.number, message) }
    }

    private func contains(_ text: String) -> Bool {
        text.ranges(of: word).contains { range in
            guard isWhole else { return true }
            let before =
                range.lowerBound == text.startIndex
                ? nil : text[text.index(before: range.lowerBound)]
            let after = range.upperBound == text.endIndex ? nil : text[range.upperBound]
            return ![before, after].contains { $0.map { $0.isLetter || $0 == "_" } ?? false }
        }
    }
}

enum Fences {
    /// Where memory may be handled by hand: modules at the system's edge, and single files with a reason.
    static let unsafeModules: Set<String> = ["Reactor", "Transport", "HTTP1", "System"]
    static let unsafeFiles: Set<String> = [
        "Sources/Config/YAMLComposer.swift",  // libyaml
        "Sources/Config/ConfigurationContext.swift",  // getenv and read
        "Sources/Exposition/Gzip.swift",  // zlib
    ]

    static let all: [Fence] = [
        Fence(
            word: "unsafe", isWhole: true, message: "unsafe is not allowed here",
            isAllowed: {
                unsafeModules.contains($0.module ?? "") || unsafeFiles.contains($0.path)
            }),
        Fence(
            word: "@unchecked Sendable", isWhole: false,
            message: "only the mailbox may promise Sendable unchecked",
            isAllowed: { $0.path == "Sources/Reactor/Mailbox.swift" }),
        Fence(
            word: "nonisolated(unsafe)", isWhole: false, message: "no unchecked shared state",
            isAllowed: { _ in false }),
        Fence(
            word: "print(", isWhole: true, message: "only commands print",
            isAllowed: { $0.module == "ballast" }),
        Fence(
            word: "public", isWhole: true, message: "modules share with package",
            isAllowed: { _ in false }),
    ]
}

/// Text that belongs nowhere in the project, code or not.
enum StrayText {
    /// Put together here, lest this file find itself.
    static let words = ["TO" + "DO", "FIX" + "ME", "/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/"]

    static func faults(in file: ProjectFile) -> [String] {
        file.lines.enumerated().flatMap { index, line in
            words.filter { line.contains($0) }.map { file.fault(index + 1, "\($0) must go") }
        }
    }
}

@Suite struct FenceTests {
    @Test func `words stay inside their fences`() {
        let files = Project.swiftFiles("Sources")
        #expect(files.flatMap { file in Fences.all.flatMap { $0.faults(in: file) } } == [])
    }

    @Test func `the fences' single files exist`() {
        for path in Fences.unsafeFiles { #expect(Project.text(path) != nil, "\(path)") }
    }

    @Test(arguments: [
        ("Sources/Schedule/A.swift", "let a = unsafe b"),
        ("Sources/Config/A.swift", "    unsafe free(b)"),
        ("Sources/Reactor/A.swift", "final class A: @unchecked Sendable {}"),
        ("Sources/Transport/A.swift", "nonisolated(unsafe) var a = 1"),
        ("Sources/Server/A.swift", "print(\"a\")"), ("Sources/Time/A.swift", "public let a = 1"),
    ])
    func `a word outside its fence is seen`(path: String, line: String) {
        let file = ProjectFile(path: path, text: line)
        #expect(!Fences.all.flatMap { $0.faults(in: file) }.isEmpty)
    }

    @Test(arguments: [
        ("Sources/Reactor/A.swift", "let a = unsafe b"), ("Sources/Time/A.swift", "// unsafe"),
        ("Sources/Time/A.swift", "let a = \"unsafe \\\" print(\""),
        ("Sources/Time/A.swift", "let isunsafe = 1"), ("Sources/Server/A.swift", "fingerprint(a)"),
        ("Sources/ballast/A.swift", "print(a)"),
    ])
    func `a word inside its fence is not, nor one in a comment or a literal`(
        path: String, line: String
    ) {
        let file = ProjectFile(path: path, text: line)
        #expect(Fences.all.flatMap { $0.faults(in: file) } == [])
    }

    @Test func `nothing is left to do and no machine's paths are named`() {
        let folders = [
            "Sources", "Tests", "Fuzz", "Benchmarks", "scripts", "docs", "examples", "k8s",
            "grafana",
        ]
        let files = folders.flatMap { Project.files($0) } + Project.rootFiles()
        #expect(files.count > 100)
        #expect(files.flatMap(StrayText.faults) == [])
    }

    @Test func `stray text is seen`() {
        for word in StrayText.words {
            let file = ProjectFile(path: "docs/a.md", text: "a\n// \(word) b\n")
            #expect(StrayText.faults(in: file).count == 1)
        }
    }
}
