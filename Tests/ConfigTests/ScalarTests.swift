import Config
import Measure
import Properties
import Schedule
import Testing
import Time

struct ScalarTests {
    @Test(arguments: [
        ("0s", 0), ("500us", 500_000), ("250ms", 250_000_000), ("1.5s", 1_500_000_000),
        ("1m30s", 90_000_000_000), ("2h", 7_200_000_000_000), ("1h0.5s", 3_600_500_000_000),
        ("1ns", 1), ("0.000000001s", 1), ("01s", 1_000_000_000),
    ])
    func `durations are read exactly`(text: String, count: Int64) throws {
        #expect(try DurationText.parse(text) == Nanoseconds(count))
    }

    @Test(arguments: [
        "", "s", "1", "1 s", "1S", "-1s", "+1s", ".5s", "5.s", "1s30m", "1m1m", "1.5m30s", "1s ",
        "1d", "1e3s", "1ms2s", "9999999999h", "99999999999999999999s", "0.1ns", "١s", "1µs", "1_0s",
    ])
    func `what is no duration is refused`(text: String) {
        #expect(throws: InvalidValue.self) { try DurationText.parse(text) }
    }

    @Test func `durations survive being written and read`() throws {
        var random = Seeded()
        for _ in 0..<5_000 {
            let bits = Int.random(in: 1...62, using: &random)
            let units: [Int64] = [1, 1_000, 1_000_000, 1_000_000_000]
            let unit = units.randomElement(using: &random)!
            let count = Int64.random(in: 0..<1 << Int64(bits), using: &random) / unit * unit
            let text = DurationText.exact(Nanoseconds(count))
            #expect(try DurationText.parse(text) == Nanoseconds(count), "\(text) \(random)")
        }
    }

    @Test(arguments: [
        ("50/s", 50, 1), ("0.01/s", 1, 100), ("12.5/m", 25, 120), ("100/h", 1, 36),
        ("200000/s", 200_000, 1), ("720000000/h", 200_000, 1), ("0.0001/s", 1, 10_000),
    ])
    func `rates are exact fractions`(text: String, requests: UInt64, seconds: Int64) throws {
        #expect(try RateText.parse(text) == Rate(requests: requests, per: .seconds(seconds)))
    }

    @Test(arguments: [
        "", "50", "50/", "/s", "50/d", "50 /s", "50/S", "-5/s", "0/s", "0.00009/s", "200001/s",
        "1.0000001/s", "1234567890/h", "1e3/s", "50/s ", "50/ms", "max/s", "0.0/s",
    ])
    func `what is no rate is refused`(text: String) {
        #expect(throws: InvalidValue.self) { try RateText.parse(text) }
    }

    @Test func `rates survive being written and read`() throws {
        var random = Seeded()
        var tried = 0
        while tried < 5_000 {
            let bits = Int.random(in: 1...29, using: &random)
            let digits = UInt64.random(in: 1..<1 << UInt64(bits), using: &random)
            let decimals = Int.random(in: 0...6, using: &random)
            let unit = ["s", "m", "h"].randomElement(using: &random)!
            let text = DecimalNumber.text(UInt128(digits), decimals: decimals) + "/" + unit
            guard let rate = try? RateText.parse(text) else { continue }
            tried += 1
            #expect(try RateText.parse(RateText.exact(rate)) == rate, "\(text) \(random)")
        }
    }

    @Test func `a rate that no text gives is written rounded down`() {
        let third = Rate(requests: 1, per: .seconds(7))!
        #expect(RateText.exact(third) == "0.142857/s")
    }

    @Test(arguments: [
        ("512B", 512), ("64KiB", 65_536), ("1MiB", 1_048_576), ("1.5KiB", 1_536), ("2kB", 2_000),
        ("10MB", 10_000_000), ("1GiB", 1 << 30), ("0B", 0),
    ])
    func `sizes are read exactly`(text: String, bytes: Int) throws {
        #expect(try SizeText.parse(text) == bytes)
    }

    @Test(arguments: [
        "", "1", "B", "1K", "1Ki", "1KB", "1kib", "1.3B", "-1B", "1 B", "99999999999GiB",
    ])
    func `what is no size is refused`(text: String) {
        #expect(throws: InvalidValue.self) { try SizeText.parse(text) }
    }

    @Test func `sizes survive being written and read`() throws {
        var random = Seeded()
        for _ in 0..<2_000 {
            let shift = Int.random(in: 0...20, using: &random)
            let bytes = Int.random(in: 0...1 << 20, using: &random) << shift
            #expect(try SizeText.parse(SizeText.exact(bytes)) == bytes)
        }
    }

    @Test func `statuses are joined where they touch`() {
        let set = StatusSet.joining([300...399, 204...204, 200...203, 250...320, 599...599])
        #expect(set.ranges == [200...204, 250...399, 599...599])
        #expect(set.contains(204) && !set.contains(205))
    }

    @Test(arguments: [
        ("::", true), ("::1", true), ("1::", true), ("fe80::1:2", true), ("1:2:3:4:5:6:7:8", true),
        ("::ffff:127.0.0.1", true), ("1:2:3:4:5:6:127.0.0.1", true), ("1:2:3:4:5:6:7::", true),
        ("", false), (":", false), (":::", false), ("1::2::3", false), ("1:2:3:4:5:6:7", false),
        ("1:2:3:4:5:6:7:8:9", false), ("1:2:3:4:5:6:7:8::", false), ("12345::", false),
        ("127.0.0.1::", false), ("::1.2.3", false), ("::1%eth0", false), ("g::", false),
        ("1:2:3:4:5:6:7:127.0.0.1", false), (":1:2:3:4:5:6:7", false),
    ])
    func `IPv6 addresses are told from other text`(text: String, isAddress: Bool) {
        #expect(HostText.isIPv6(text) == isAddress)
    }

    @Test(arguments: [
        ("shop", true), ("shop.example.", true), ("_http._tcp.shop", true), ("127.0.0.1", true),
        ("a-b", true), ("", false), (".", false), ("a..b", false), ("-a", false), ("a-", false),
        ("127.0.0.256", false), ("127.1", false), ("1", false), ("é", false), ("a b", false),
        (String(repeating: "a", count: 64), false),
    ])
    func `host names are told from other text`(text: String, isName: Bool) {
        #expect(HostText.isName(text) == isName)
    }

    @Test func `templates survive being written and read`() throws {
        var random = Seeded()
        let pieces = [
            "$", "{", "}", "${", "$${", "a", "é", "\u{301}", "${env:TOKEN}", "${file:/a b}", "$$",
        ]
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...8, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random)! }.joined()
            guard let parsed = try? TemplateText.parse(text).template else { continue }
            let source = TemplateText.source(parsed)
            #expect(try TemplateText.parse(source).template == parsed, "\(text) \(random)")
        }
    }

    @Test func `an escaped reference is text`() throws {
        let parsed = try TemplateText.parse("a $5 $${env:X} ${env:X}${file:/p}$")
        #expect(
            parsed.template.parts == [
                .text("a $5 ${env:X} "), .environment("X"), .file("/p"), .text("$"),
            ])
        #expect(parsed.references.map(\.ordinal) == [1, 2])
    }

    @Test func `the bounds of a user fit into a histogram beside the default ones`() {
        #expect(Ranges.bucketCountMax == Bounds.countMax - Bounds.defaults.count)
    }

    @Test func `the seed of a name never changes`() {
        #expect(LoadName.seed("") == 0xCBF2_9CE4_8422_2325)
        #expect(LoadName.seed("a") == 0xAF63_DC4C_8601_EC8C)
        #expect(LoadName.seed("shop") != LoadName.seed("shpo"))
    }
}
