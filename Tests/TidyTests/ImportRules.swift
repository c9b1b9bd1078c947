import Testing

/// Who may import whom: `docs/architecture.md` draws it.
enum ImportRules {
    /// Our modules, lowest rank first. `Time` may be imported everywhere.
    static let modules: [String: Set<String>] = [
        "Time": [], "Schedule": [], "Measure": [], "JSON": [], "HTTP1": [],
        "Config": ["Schedule", "CYAML"],
        "Exposition": ["Measure", "CZlib"],
        "Reactor": ["CLinux"],
        "System": ["CLinux"],
        "Transport": ["HTTP1", "Reactor", "CLinux", "CCurl", "COpenSSL"],
        "Server": ["HTTP1", "JSON", "Reactor", "Exposition"],
        "Demo": ["HTTP1", "Reactor"],
        "Engine": ["Config", "Schedule", "Measure", "Reactor", "Transport", "System"],
        "ballast": [
            "Schedule", "Measure", "JSON", "HTTP1", "Config", "Exposition", "Reactor", "System",
            "Transport", "Server", "Demo", "Engine", "ArgumentParser", "Logging",
        ],
    ]
    /// Pure values: no clock, no I/O, no C library.
    static let pure: Set<String> = ["Time", "Schedule", "Measure", "JSON", "HTTP1"]
    /// C modules hold headers and module maps, no Swift.
    static let foreign: Set<String> = ["CLinux", "CCurl", "COpenSSL", "CZlib", "CYAML"]

    static func faults(in file: ProjectFile) -> [String] {
        guard let module = file.module else { return [] }
        guard let row = modules[module] else {
            return [file.fault(1, "module \(module) has no row in the import table")]
        }
        var allowed = row.union(["Time", "Synchronization"])
        if !pure.contains(module) { allowed.insert("Glibc") }
        return file.code.compactMap { number, text in
            guard let name = imported(by: text), !allowed.contains(name) else { return nil }
            return file.fault(number, "\(module) must not import \(name)")
        }
    }

    /// The module that a line imports: the last word, cut at a dot.
    private static func imported(by line: String) -> String? {
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
            words[..<place].allSatisfy({ $0.hasPrefix("@") || modifiers.contains(String($0)) })
        else { return nil }
        return words.last?.split(separator: ".").first.map(String.init)
    }

    private static let modifiers: Set<String> = [
        "package", "internal", "public", "private", "fileprivate",
    ]
}

@Suite struct ImportTests {
    @Test func `modules import only what the table allows`() {
        let files = Project.swiftFiles("Sources")
        #expect(files.count > 50)
        #expect(files.flatMap(ImportRules.faults) == [])
        let seen = Set(files.compactMap(\.module))
        #expect(seen == Set(ImportRules.modules.keys), "the table and the folders name the same")
        #expect(seen.isDisjoint(with: ImportRules.foreign), "C modules hold no Swift")
    }

    @Test(arguments: [
        ("Schedule", "import Glibc"), ("Measure", "package import Reactor"),
        ("Transport", "import Measure"), ("Engine", "import Foundation"),
        ("ballast", "internal import Foundation"), ("Server", "@preconcurrency import Config"),
        ("Config", "import struct Transport.Outcome"), ("Time", "import Schedule"),
        ("Novelty", ""),
    ])
    func `a forbidden import is seen`(module: String, line: String) {
        let file = ProjectFile(path: "Sources/\(module)/Bad.swift", text: "// Bad\n\(line)\n")
        #expect(ImportRules.faults(in: file).count == 1)
    }

    @Test(arguments: [
        ("Schedule", "package import Time"), ("Reactor", "import Glibc"),
        ("Measure", "import Synchronization"), ("ballast", "import ArgumentParser"),
        ("Schedule", "// import Glibc"), ("Schedule", "let a = \"import Glibc\""),
    ])
    func `an allowed import is not`(module: String, line: String) {
        let file = ProjectFile(path: "Sources/\(module)/Good.swift", text: line)
        #expect(ImportRules.faults(in: file) == [])
    }
}
