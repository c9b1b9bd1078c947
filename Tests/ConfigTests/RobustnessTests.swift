import Config
import Foundation
import Properties
import Testing

/// Whatever the bytes are, there is a configuration or a reason why not.
struct RobustnessTests {
    private func check(_ bytes: [UInt8]) {
        do throws(ConfigurationError) {
            #expect(try !World.parse(bytes).loads.isEmpty)
        } catch {
            #expect(!error.diagnostics.isEmpty)
            #expect(error.diagnostics.allSatisfy { $0.position != nil && !$0.message.isEmpty })
            #expect(error.rendered.hasSuffix("\n"))
        }
    }

    @Test func `mutations of a good file never crash`() throws {
        let file = Place.fixtures.appending(path: "good/every-key.yaml")
        let good = try Array(Data(contentsOf: file))
        var random = Seeded()
        for _ in 0..<1_500 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1:
                    bytes[index] = Array("{}[]:,-#&*!|>'\"%@`$\t\n ".utf8).randomElement(
                        using: &random)!
                case 2: bytes.remove(at: index)
                case 3: bytes.insert(bytes.randomElement(using: &random)!, at: index)
                default:
                    let end = min(bytes.count, index + Int.random(in: 1...40, using: &random))
                    bytes.append(contentsOf: bytes[index..<end])
                }
            }
            check(bytes)
        }
    }

    @Test func `random bytes never crash`() {
        var random = Seeded()
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...64, using: &random)
            check((0..<count).map { _ in .random(in: 0...255, using: &random) })
        }
    }

    @Test func `every prefix of a good file is answered`() throws {
        let file = Place.fixtures.appending(path: "good/every-key.yaml")
        let good = try Array(Data(contentsOf: file))
        for count in good.indices { check(Array(good.prefix(count))) }
    }

    @Test(arguments: ["[", "{", "- ", "? ", "{a: ", "[{", "&a ", "!a ", "\"", "'", "|\n", "a: b: "])
    func `a mebibyte of openings is answered`(piece: String) {
        check(Array(String(repeating: piece, count: (1 << 20) / piece.utf8.count).utf8))
    }

    /// Work for each mistake must not grow with the file, or a long file would take for ever.
    @Test func `thousands of mistakes is answered`() {
        let head = "loads:\n  - name: shop\n    target: http://127.0.0.1\n    rate: 1/s\n"
        let keys = (0..<8_000).map { "    timeot\($0): 1s\n" }.joined()
        check(Array((head + keys).utf8))
        let headers = (0..<6_000).map { "        h\($0): ${nothing}\n" }.joined()
        check(Array((head + "    request:\n      headers:\n" + headers).utf8))
    }
}
