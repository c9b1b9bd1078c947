import Config
import Synchronization
import Testing

/// What a place of a request takes, wherever it comes from.
struct RequestPlaceTests {
    private static func context(
        _ value: [UInt8], _ reads: Reads = Reads()
    ) -> ConfigurationContext {
        ConfigurationContext(
            environment: { _ in String(decoding: value, as: UTF8.self) },
            readFile: { _, most in
                reads.note(most)
                guard value.count > most else { return .success(value) }
                // As the system does it: refused by its size, unread.
                return SystemFile.read("/proc/self/exe", 1)
            })
    }

    private final class Reads: Sendable {
        private let number = Atomic<Int>(0)
        private let asked = Atomic<Int>(0)
        var count: Int { number.load(ordering: .relaxed) }
        /// How many bytes the last one asked for at most.
        var last: Int { asked.load(ordering: .relaxed) }

        func note(_ most: Int) {
            number.add(1, ordering: .relaxed)
            asked.store(most, ordering: .relaxed)
        }
    }

    private static let nonsense: [String: [UInt8]] = [
        "a request of its own": Array("a b\r\nX-Evil: 1".utf8), "a line end": Array("a\nb".utf8),
        "two closing line ends": Array("a\n\n".utf8), "a return": Array("a\r".utf8),
        "NUL": [97, 0, 98], "DEL": [97, 127], "not UTF-8": [97, 0xFF, 0xFE, 98],
        "nothing": [], "a mebibyte": [UInt8](repeating: 97, count: 1 << 20),
    ]
    private static let pathNonsense: [String: [UInt8]] = [
        "a blank": Array("a b".utf8), "a fragment": Array("a#b".utf8),
        "half an escape": Array("a%2".utf8), "a tab": Array("a\tb".utf8),
        "not ASCII": Array("é".utf8),
    ]

    @Test(arguments: nonsense.keys.sorted() + pathNonsense.keys.sorted())
    func `a path takes no value that a request line cannot hold`(_ name: String) throws {
        let value = try #require(Self.nonsense[name] ?? Self.pathNonsense[name])
        let template = Template(parts: [.text("/x?t="), .file("/token")])
        let failure = #expect(throws: Template.Failure.self) {
            try template.filled(for: .path, Self.context(value))
        }
        #expect(failure?.part == 1)
        #expect(failure?.text.contains("Evil") == false)
    }

    @Test(arguments: nonsense.keys.sorted() + ["blanks at its end"])
    func `a header takes no value that would become another one`(_ name: String) throws {
        let value = Self.nonsense[name] ?? Array("a \t".utf8)
        let template = Template(parts: [.text("Bearer "), .file("/token")])
        let failure = #expect(throws: Template.Failure.self) {
            try template.filled(for: .header("authorization"), Self.context(value))
        }
        #expect(failure?.text.contains("Evil") == false)
    }

    @Test(arguments: ["a/b", "a b", "a?b", "a@b", "é", "a,b"])
    func `the header Host takes a host and a port only`(_ value: String) throws {
        let template = Template(parts: [.environment("HOST")])
        let context = Self.context(Array(value.utf8))
        #expect(throws: Template.Failure.self) {
            try template.filled(for: .header("hOsT"), context)
        }
        let good = Self.context(Array("[::1]:80".utf8))
        #expect(try template.filled(for: .header("Host"), good) == Array("[::1]:80".utf8))
    }

    @Test func `a value is taken as it is, less the line end that closes its file`() throws {
        let text = Template(parts: [.text("/é?"), .file("/a")])
        for end in ["", "\n", "\r\n"] {
            let context = Self.context(Array(("%41b~!" + end).utf8))
            #expect(
                try Template(parts: [.text("/?"), .file("/a")]).filled(for: .path, context)
                    == Array("/?%41b~!".utf8))
            #expect(
                try text.filled(for: .header("x"), context) == Array("/é?%41b~!".utf8))
        }
        let bytes: [UInt8] = [0, 13, 10, 255, 13]
        let body = try Template(parts: [.file("/a")]).filled(for: .body, Self.context(bytes))
        #expect(body == bytes)
    }

    @Test(arguments: [
        (Template(parts: [.file("/a")]), "the first reference does not start with `/`"),
        (Template("x"), "`x` does not start with `/`"),
    ])
    func `a path starts with a slash`(_ template: Template, _ reason: String) {
        let failure = #expect(throws: Template.Failure.self) {
            try template.filled(for: .path, Self.context(Array("x".utf8)))
        }
        #expect(failure?.reason == reason)
    }

    // MARK: Sizes

    @Test(arguments: [2, 60, 1_000])
    func `a body that is too large is found before it is built`(_ references: Int) throws {
        let reads = Reads()
        let context = Self.context([UInt8](repeating: 97, count: 16 << 20), reads)
        let line = String(repeating: "${file:/large}", count: references)
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.parse(
                Array(
                    """
                    loads:
                      - {name: a, target: http://a, rate: 1/s, request: {body: "\(line)"}}
                    """.utf8), file: "a.yaml", context: context)
        }
        #expect(
            error?.diagnostics.map(\.message) == ["body: with this it is larger than 16MiB"])
        #expect(error?.diagnostics[0].position?.column == 61 + 14)
        #expect(error?.diagnostics[0].hint == "shorten the file `/large`")
        #expect(reads.count == 2)
        // Nothing but a line end would have fitted.
        #expect(reads.last == 2)
    }

    @Test(arguments: ["body: '${file:/large}'", "body_file: /large"])
    func `all requests together have a limit`(_ body: String) throws {
        let reads = Reads()
        let context = Self.context([UInt8](repeating: 97, count: 16 << 20), reads)
        let loads = (0..<100).map {
            "  - {name: a\($0), target: http://a, rate: 1/s, request: {\(body)}}\n"
        }
        func parse(_ count: Int) throws -> Configuration {
            let text = "loads:\n" + loads.prefix(count).joined()
            return try Configuration.parse(Array(text.utf8), file: "a.yaml", context: context)
        }
        #expect(try parse(4).loads.count == 4)
        let error = #expect(throws: ConfigurationError.self) { try parse(100) }
        let key = body.prefix { $0 != ":" }
        #expect(
            error?.diagnostics.map(\.message) == [
                "\(key): with this one, all requests together are larger than 64MiB"
            ])
        #expect(error?.diagnostics[0].position?.line == 6)
        #expect(reads.count == 4 + 5)
    }

    // MARK: Written text of a path

    @Test func `what is not ASCII in a path is encoded, in the target's and the request's`() throws
    {
        let load = try Configuration.parse(
            Array(
                """
                loads:
                  - name: a
                    target: http://127.0.0.1/café/
                    rate: 1/s
                    request: {path: "/日本?q=ü${env:X}%20\u{10FFFF}"}
                """.utf8), file: "a.yaml", context: Self.context([120])
        ).loads[0]
        #expect(load.target.path == "/caf%C3%A9")
        #expect(
            load.request.path.parts == [
                .text("/%E6%97%A5%E6%9C%AC?q=%C3%BC"), .environment("X"),
                .text("%20%F4%8F%BF%BF"),
            ])
        var configuration = Configuration()
        configuration.loads = [load]
        #expect(configuration.maskedYAML.contains("path: \"/%E6%97%A5%E6%9C%AC?q=%C3%BC${env:X}"))
    }

    @Test(arguments: [
        ("http://127.0.0.1/é", "/%C3%A9"), ("http://127.0.0.1?é=e\u{301}", "/?%C3%A9=e%CC%81"),
        ("http://127.0.0.1", ""),
    ])
    func `a URL of the command line is encoded in the same way`(
        _ url: String, _ path: String
    ) throws {
        let (target, template) = try FlagValue.url(url)
        #expect(target.host == "127.0.0.1")
        #expect(template == Template(path))
    }

    @Test func `a URL's message names its host whole`() {
        let error = #expect(throws: InvalidValue.self) { try FlagValue.url("http://127.0.0.300/é") }
        #expect(error?.message == "the host `127.0.0.300` is not valid")
    }
}
