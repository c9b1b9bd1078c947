import Exposition
import Foundation
import Properties
import Testing

@Suite struct GzipTests {
    private func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
        let result = try run(["gzip", "-dc"], input: bytes)
        #expect(result.status == 0, "\(result.errors)")
        return Array(result.output)
    }

    @Test func `gzip unpacks what was packed`() throws {
        var random = Seeded()
        let noise = (0..<100_000).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        let text = Array(
            String(repeating: "ballast_requests_sent_total{load=\"a\"} 1\n", count: 5_000).utf8)
        for body in [[], [65], noise, text] {
            let packed = try #require(Gzip.compress(body))
            #expect(try unpacked(packed) == body, "\(random)")
        }
        #expect(Gzip.compress(text)!.count < text.count / 20)
    }
}
