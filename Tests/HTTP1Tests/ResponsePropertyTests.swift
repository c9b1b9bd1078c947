import HTTP1
import Properties
import Testing

/// What holds for any answer and any way to cut it.
struct ResponsePropertyTests {
    /// A valid answer and what it says.
    private struct Sample {
        var bytes: [UInt8] = []
        var status: UInt16 = 200
        var body = 0
        var keeps = true
        var endsByClose = false
        var isHEAD = false
    }

    private static func sample(_ random: inout Seeded) -> Sample {
        var sample = Sample()
        let lineEnd = random.pick(["\r\n", "\r\n", "\r\n", "\n"])
        var text = ""
        for _ in 0..<random.pick([0, 0, 0, 1, 2]) {
            text += "HTTP/1.1 \(random.pick([100, 102, 103])) Soon\(lineEnd)\(lineEnd)"
        }
        sample.status = random.pick([200, 201, 204, 304, 404, 500, 599])
        sample.isHEAD = random.int(0...7) == 0
        let isOld = random.int(0...9) == 0
        sample.keeps = !isOld
        text +=
            "HTTP/1.\(isOld ? 0 : 1) \(sample.status)"
            + random.pick(["", " ", " Fine", " A b c"]) + lineEnd
        for number in 0..<random.int(0...5) {
            text +=
                "X-\(number):" + random.pick(["", " ", "\t"])
                + String(repeating: "v:", count: random.int(0...30)) + lineEnd
        }
        if random.int(0...4) == 0 {
            sample.keeps = random.int(0...1) == 0
            text += "Connection: \(sample.keeps ? "keep-alive" : "close")\(lineEnd)"
        }
        let hasBody = !sample.isHEAD && sample.status != 204 && sample.status != 304
        let size = random.pick([0, 1, 2, random.int(3...300)])
        let body = String(repeating: random.pick(["x", "\n", "\r\n", "0\r\n"]), count: size)
        switch random.int(0...2) {
        case 0:
            text += "Content-Length: \(body.utf8.count)\(lineEnd)\(lineEnd)"
            if hasBody { text += body }
        case 1:
            text += "Transfer-Encoding: chunked\(lineEnd)\(lineEnd)"
            if hasBody { text += chunks(Array(body.utf8), lineEnd, &random) }
        default:
            text += lineEnd
            if hasBody {
                sample.endsByClose = true
                sample.keeps = false
                text += body
            }
        }
        sample.body = hasBody ? body.utf8.count : 0
        sample.bytes = Array(text.utf8)
        return sample
    }

    private static func chunks(
        _ body: [UInt8], _ lineEnd: String, _ random: inout Seeded
    ) -> String {
        var text = ""
        var rest = body[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(random.int(1...40))
            rest = rest.dropFirst(chunk.count)
            text += String(chunk.count, radix: 16) + random.pick(["", ";e", " ;a=\"b\""]) + lineEnd
            text += String(decoding: chunk, as: UTF8.self) + lineEnd
        }
        text += "0" + lineEnd
        for _ in 0..<random.pick([0, 0, 1, 2]) { text += "T: \(random.int(0...99))" + lineEnd }
        return text + lineEnd
    }

    private static func cuts(_ count: Int, _ random: inout Seeded) -> [Int] {
        guard count > 1 else { return [] }
        return (0..<random.int(1...6)).map { _ in random.int(1...count - 1) }.sorted()
    }

    @Test func `any valid answer is read right, however it is cut`() {
        var random = Seeded()
        for _ in 0..<2_000 {
            let sample = Self.sample(&random)
            let cuts = Self.cuts(sample.bytes.count, &random)
            for places in [[], cuts] {
                let reading = Reading(sample.bytes, cuts: places, isHEAD: sample.isHEAD)
                let text = String(decoding: sample.bytes, as: UTF8.self).debugDescription
                #expect(
                    reading.state == (sample.endsByClose ? .more : .complete),
                    "\(random) cuts \(places) \(text)")
                #expect(reading.status == sample.status, "\(random) cuts \(places) \(text)")
                #expect(reading.bodyBytes == sample.body, "\(random) cuts \(places) \(text)")
                #expect(reading.keepsAlive == sample.keeps, "\(random) cuts \(places) \(text)")
                #expect(reading.isWholeAtEnd, "\(random) cuts \(places) \(text)")
            }
        }
    }

    @Test func `each prefix of an answer is unfinished, and never wrong`() {
        var random = Seeded()
        for _ in 0..<200 {
            let sample = Self.sample(&random)
            for count in 0..<sample.bytes.count {
                let reading = Reading(
                    Array(sample.bytes.prefix(count)), cuts: [], isHEAD: sample.isHEAD)
                #expect(reading.state == .more, "\(random) \(count) bytes")
            }
        }
    }

    @Test func `mutated answers never crash and do not depend on the cuts`() {
        var random = Seeded()
        for _ in 0..<5_000 {
            let sample = Self.sample(&random)
            var bytes = sample.bytes
            for _ in 0..<random.int(1...4) where !bytes.isEmpty {
                let place = random.int(0...bytes.count - 1)
                switch random.int(0...3) {
                case 0: bytes[place] = UInt8(random.int(0...255))
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(random.pick(Array("\r\n:;0 ,H".utf8)), at: place)
                default: bytes.swapAt(place, random.int(0...bytes.count - 1))
                }
            }
            let whole = Reading(bytes, cuts: [], isHEAD: sample.isHEAD)
            let cuts = Self.cuts(bytes.count, &random)
            let parts = Reading(bytes, cuts: cuts, isHEAD: sample.isHEAD)
            let text = String(decoding: bytes, as: UTF8.self).debugDescription
            #expect(whole.state == parts.state, "\(random) cuts \(cuts) \(text)")
            #expect(whole.status == parts.status, "\(random) cuts \(cuts) \(text)")
            #expect(whole.bodyBytes == parts.bodyBytes, "\(random) cuts \(cuts) \(text)")
            #expect(whole.isWholeAtEnd == parts.isWholeAtEnd, "\(random) cuts \(cuts) \(text)")
        }
    }
}
