import HTTP1
import Properties
import Testing

/// The parser's contract: how the network cut the bytes changes nothing.
@Suite struct RequestSplitTests {
    private struct Outcome: Equatable {
        var steps: [RequestParser.Step] = []
        /// Bytes used up to each step that says something.
        var places: [Int] = []
    }

    private var limits: RequestParser.Limits {
        var limits = RequestParser.Limits()
        limits.head = 300
        limits.target = 60
        limits.body = 64
        limits.chunked = true
        limits.keepsBody = true
        return limits
    }

    private func outcome(of pieces: [[UInt8]]) -> Outcome {
        var parser = RequestParser(limits: limits)
        var outcome = Outcome()
        var place = 0
        for piece in pieces {
            var rest = piece[...]
            while !rest.isEmpty {
                let (used, step) = parser.consume(rest)
                rest = rest.dropFirst(used)
                place += used
                if step == .incomplete { continue }
                outcome.steps.append(step)
                outcome.places.append(place)
                if case .failed = step { return outcome }
            }
        }
        return outcome
    }

    private static let samples = [
        "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
        "\r\nHEAD / HTTP/1.0\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3;e=f\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nT: u\r\n\r\n",
    ]

    private func pieces(of bytes: [UInt8], _ random: inout Seeded) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...max(1, min(rest.count, 40)), using: &random)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    @Test func `every split of good and broken requests gives the same answer`() {
        var random = Seeded()
        var completed = 0
        var failed = 0
        for _ in 0..<2_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes += Self.samples.randomElement(using: &random)!.utf8
            }
            if Bool.random(using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = [0, 9, 10, 13, 32, 58, 65, 127, 255].randomElement(using: &random)!
            }
            let whole = outcome(of: [bytes])
            for step in whole.steps {
                if case .complete = step { completed += 1 }
                if case .failed = step { failed += 1 }
            }
            #expect(outcome(of: bytes.map { [$0] }) == whole, "\(random)")
            #expect(outcome(of: pieces(of: bytes, &random)) == whole, "\(random)")
        }
        #expect(completed > 1_000, "\(random)")
        #expect(failed > 100, "\(random)")
    }

    @Test func `noise of any kind is refused or waited for, never more`() {
        var random = Seeded()
        let alphabet = Array("GET / HTTP/1.1\r\n:aX0;,\u{0}é".utf8)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...400, using: &random)
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &random)! }
            #expect(outcome(of: [bytes]) == outcome(of: pieces(of: bytes, &random)), "\(random)")
        }
    }
}
