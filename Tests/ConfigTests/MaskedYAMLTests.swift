import Config
import Foundation
import Properties
import Testing
import Time

struct MaskedYAMLTests {
    private static func every() throws -> Configuration {
        let file = Place.fixtures.appending(path: "good/every-key.yaml")
        return try World.parse(Array(Data(contentsOf: file)))
    }

    /// What the masked text can give back: the configuration with the masks in place of the
    /// secrets.
    private static func masked(_ configuration: Configuration) -> Configuration {
        var masked = configuration
        for index in masked.loads.indices {
            masked.loads[index].proxy = masked.loads[index].proxy.map(Masking.proxy)
            let isPoisson = masked.loads[index].arrivals == .poisson
            masked.loads[index].seed = isPoisson ? masked.loads[index].seedInUse : nil
            masked.loads[index].request.headers = masked.loads[index].request.headers.map {
                RequestSettings.Header($0.name, Masking.value(of: $0))
            }
        }
        return masked
    }

    @Test func `the whole page of a configuration that uses every key`() throws {
        #expect(try Place.matchesGolden(Self.every().maskedYAML, "masked.golden"))
    }

    @Test func `no secret is on the page`() throws {
        let page = try Self.every().maskedYAML
        for secret in ["s3cret", "session", "abc", "joe", "pw"] { #expect(!page.contains(secret)) }
    }

    @Test(arguments: [
        ("Bearer abc", "Bearer ****"), ("abc", "****"),
        ("Bearer ${env:TOKEN}", "Bearer ${env:TOKEN}"),
        ("a:${env:TOKEN}:b", "****${env:TOKEN}****"), ("", ""),
    ])
    func `secret headers keep their scheme and their references`(text: String, shown: String) throws
    {
        let value = try TemplateText.parse(text).template
        let masked = Masking.value(of: RequestSettings.Header("Authorization", value))
        #expect(TemplateText.source(masked) == shown)
    }

    @Test(arguments: [
        ("authorization", true), ("Cookie", true), ("X-Api-Key", true), ("x-auth-token", true),
        ("my-SECRET", true), ("proxy-authorization", true), ("accept", false), ("host", false),
    ])
    func `headers with secrets are told by their names`(name: String, isSecret: Bool) {
        #expect(Masking.isSecret(name) == isSecret)
    }

    @Test func `every good configuration comes back from its page`() throws {
        for file in GoodConfigurationTests.files {
            let configuration = try World.parse(Array(Data(contentsOf: file)))
            let again = try World.parse(configuration.maskedYAML)
            #expect(again == Self.masked(configuration), "\(file.lastPathComponent)")
        }
    }

    @Test func `random configurations come back from their page`() throws {
        var random = Seeded()
        for _ in 0..<300 {
            var configuration = try Self.every()
            configuration.mutate(&random)
            let again = try World.parse(configuration.maskedYAML)
            #expect(again == Self.masked(configuration), "\(configuration.maskedYAML)")
        }
    }
}

extension Configuration {
    /// Other values in a few places, all within their ranges.
    fileprivate mutating func mutate(_ random: inout Seeded) {
        server.drain.count = .random(in: 0...600_000_000_000, using: &random)
        server.listen.host = ["::", "10.0.0.1"].randomElement(using: &random)!
        for index in loads.indices {
            loads[index].timeout.count = .random(in: 1_000_000...600_000_000_000, using: &random)
            loads[index].limits.body = .random(in: 1...1 << 30, using: &random)
            loads[index].limits.late.count = .random(in: 0...1_000_000_000, using: &random)
            loads[index].buckets = (0..<Int.random(in: 0...47, using: &random)).map { number in
                .microseconds(Int64(number * 1_000) + .random(in: 1...999, using: &random))
            }
            loads[index].request.body = .inline(Template(Self.text(&random)))
            let value = Self.text(&random).filter { !$0.unicodeScalars.contains { $0.value < 32 } }
            loads[index].request.headers.append(.init("x-any", Template("x\(value)x")))
        }
    }

    private static func text(_ random: inout Seeded) -> String {
        let pieces = [
            "a", " ", "\n", "\r\n", "\t", "\"", "\\", "'", "#", ": ", "- ", "${", "$", "}", "é",
            "😀", "\u{85}", "\u{2028}", "\u{0}", "\u{1B}", "\u{FEFF}", "\u{FFFF}", "null", "{",
        ]
        return (0..<Int.random(in: 1...12, using: &random))
            .map { _ in pieces.randomElement(using: &random)! }.joined()
    }
}
