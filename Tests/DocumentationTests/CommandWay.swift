import Foundation

/// How a documented command is tried without doing what a test must not do.
enum CommandWay: Equatable {
    /// The real binary, against targets of our own.
    case ballast
    /// A request to a running Ballast.
    case request
    /// `make -n`: the target is there, and its recipe expands.
    case dryRun
    /// `kubectl kustomize` in place of `kubectl apply -k`.
    case rendered
    /// What it names exists.
    case named
    /// Not tried, for a reason.
    case untried(String)

    /// By the first words of the command, without variables that are set in front of it.
    static let table: [(prefix: String, way: CommandWay)] = [
        ("ballast ", .ballast),
        ("curl -s http://127.0.0.1:9909/", .request),
        ("make ", .dryRun),
        ("kubectl apply -k ", .rendered),
        ("cp ", .named),
        ("swift test ", .named),
        ("scripts/", .named),
        ("python3 docs/", .named),
        ("docker run ", .untried("needs the image, which takes minutes to build")),
    ]

    init?(_ command: String) {
        let bare = Self.withoutVariables(command)
        guard let entry = Self.table.first(where: { bare.hasPrefix($0.prefix) }) else { return nil }
        self = entry.way
    }

    static func withoutVariables(_ command: String) -> String {
        String(command.trimmingPrefix(/([A-Z_]+=\S* )*/))
    }

    /// The commands of a block, one per line; a backslash at the end goes on in the next.
    static func commands(of block: Document.Block) -> [String] {
        block.text.replacing("\\\n", with: "").split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") }
    }

    /// What a command of the kind `named` names and does not exist.
    static func missing(_ command: String) throws -> [String] {
        let words = withoutVariables(command).split(separator: " ").map {
            $0.trimmingCharacters(in: ["'"])
        }
        if words[0].hasPrefix("scripts/") {
            var names = [words[0]]
            names += words.filter { $0.hasSuffix("Fuzz") }.map { "Fuzz/\($0).swift" }
            if let place = words.firstIndex(of: "--parts"), place + 1 < words.count {
                let program = words[0] == "scripts/soak.sh" ? "soak" : "bench"
                names += words[place + 1].split(separator: ",").map {
                    "Benchmarks/\(program)/parts/\($0).py"
                }
            }
            return names.filter { !Project.exists($0) }
        }
        if ["cp", "python3"].contains(words[0]) {
            return words[1...1].filter { !Project.exists($0) }
        }
        guard let place = words.firstIndex(of: "--filter"), place + 1 < words.count
        else { return [] }
        let sources = try FileManager.default.subpathsOfDirectory(atPath: Project.url("Tests").path)
            .filter { $0.hasSuffix(".swift") }
        return words[place + 1].split(separator: ".").map(String.init).filter { name in
            !sources.contains { $0.contains(name) }
        }
    }
}
