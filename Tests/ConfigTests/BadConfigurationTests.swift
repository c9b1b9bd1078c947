import Config
import Foundation
import Testing

/// Each file of Fixtures/bad breaks one rule (or a few of one kind). Its last lines say all that
/// must be reported: `# expect: 12:7: message`.
struct BadConfigurationTests {
    static let files = try! Place.files(in: Place.fixtures.appending(path: "bad"), ending: "yaml")

    @Test(arguments: files) func `a bad configuration gives exactly its messages`(file: URL) throws
    {
        let (yaml, expected) = try Self.split(Data(contentsOf: file))
        let found: [String]
        do throws(ConfigurationError) {
            _ = try World.parse(yaml)
            found = []
        } catch {
            found = error.diagnostics.map { diagnostic in
                let place = diagnostic.position.map { "\($0.line):\($0.column): " } ?? ""
                return "\(place)\(diagnostic.message)"
            }
        }
        if Place.isUpdating {
            let lines = found.map { "# expect: \($0)\n" }.joined()
            try Data(yaml + Array(lines.utf8)).write(to: file)
        } else {
            #expect(found == expected)
        }
        #expect(!found.isEmpty, "the configuration is accepted")
    }

    @Test func `there is a bad configuration for most rules`() { #expect(Self.files.count >= 100) }

    /// The YAML in front of the first expectation, and the expectations.
    private static func split(_ data: Data) throws -> (yaml: [UInt8], expected: [String]) {
        let mark = Data("# expect: ".utf8)
        guard let first = data.range(of: mark) else { return (Array(data), []) }
        let tail = String(decoding: data[first.lowerBound...], as: UTF8.self)
        let expected = tail.split(separator: "\n").map { String($0.dropFirst(mark.count)) }
        return (Array(data[..<first.lowerBound]), expected)
    }

    @Test func `no more than twenty mistakes are shown, and that there are more is said`() {
        let loads = (0..<30).map { "  - {name: n\($0), target: nowhere, rate: 1/s}\n" }.joined()
        let error = #expect(throws: ConfigurationError.self) { try World.parse("loads:\n" + loads) }
        #expect(error?.diagnostics.count == 20)
        #expect(
            error?.rendered.hasSuffix("there are more errors; these are the first found\n") == true)
    }

    @Test func `a configuration that cannot be read says why`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.load(path: "/etc/ballast/none.yaml", context: World.context)
        }
        #expect(
            error?.rendered
                == "/etc/ballast/none.yaml: error: cannot be read: No such file or directory\n")
    }

    @Test func `a file of more than a mebibyte is refused`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: 1 << 20 + 1)
        let error = #expect(throws: ConfigurationError.self) { try World.parse(bytes) }
        #expect(error?.diagnostics.map(\.message) == ["the file is larger than 1MiB"])
    }

    @Test func `a secret never appears in a message`() {
        let error = #expect(throws: ConfigurationError.self) {
            try World.load(
                "request:", "  path: /${env:BLANK}", "  headers: {x-a: '${env:LINES}'}")
        }
        #expect(error?.rendered.contains("x-evil") == false)
        #expect(error?.rendered.contains("pass word") == false)
    }
}
