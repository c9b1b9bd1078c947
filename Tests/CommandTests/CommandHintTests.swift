import Testing

@testable import ballast

/// What somebody meant who wrote a flag or a command that does not exist.
@Suite struct CommandHintTests {
    private static let hit = [
        "--rate", "--for", "--requests", "--connections", "--workers", "--method", "--header",
        "--body", "--timeout", "--http", "--transport", "--insecure", "--expect-status",
        "--pacing", "--arrivals", "--seed", "--late", "--threshold", "--output", "--listen",
        "--quiet", "--no-color", "--help", "--version",
    ]

    private static func better(_ flag: String) -> String {
        CommandHint.better(
            "Unknown option '\(flag)'. Did you mean '--late'?", known: hit, names: [])
    }

    @Test(arguments: [
        ("--qps", "--rate"), ("--rps", "--rate"), ("--duration", "--for"), ("--time", "--for"),
        ("--concurrency", "--connections"), ("--clients", "--connections"),
        ("--vus", "--connections"), ("--threads", "--workers"), ("--count", "--requests"),
        ("--data", "--body"), ("--verb", "--method"), ("--skip-verify", "--insecure"),
        ("--http2", "--http"), ("--json", "--output"), ("--port", "--listen"),
        ("--max-time", "--timeout"), ("--slo", "--threshold"), ("--status", "--expect-status"),
        ("--poisson", "--arrivals"), ("--conections", "--connections"),
        ("--treshold", "--threshold"), ("--headers", "--header"), ("--timeuot=5s", "--timeout"),
    ])
    func `a wrong flag gets the right one`(_ wrong: String, _ right: String) {
        let name = wrong.prefix { $0 != "=" }
        #expect(Self.better(wrong) == "Unknown option '\(name)'. Did you mean '\(right)'?")
    }

    @Test(arguments: ["--foo", "--x", "--unknown", "--cookie", "-j"])
    func `no guess is better than a wrong one`(_ wrong: String) {
        #expect(Self.better(wrong) == "Unknown option '\(wrong)'.")
    }

    @Test(arguments: [
        ("start", "run"), ("validate", "check"), ("bench", "hit"), ("health", "healthcheck"),
        ("chekc", "check"), ("frobnicate", nil),
    ])
    func `a wrong command gets the right one`(_ wrong: String, _ right: String?) {
        let text = CommandHint.better(
            "Unexpected argument '\(wrong)'", known: [],
            names: ["demo", "hit", "check", "run", "healthcheck"])
        let guess = right.map { " Did you mean '\($0)'?" } ?? ""
        #expect(text == "There is no command '\(wrong)'.\(guess)")
    }

    @Test func `other messages stay as they are`() {
        for text in ["Missing expected argument '<url>'", "--rate: `x` is not a rate"] {
            #expect(CommandHint.better(text, known: Self.hit, names: []) == text)
        }
    }
}
