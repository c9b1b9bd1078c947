import Exposition
import Foundation
import Measure
import Properties
import Testing
import Time

@Suite struct TextPageTests {
    private func text(_ families: [MetricFamily]) -> String {
        var page = TextPage(families)
        return String(decoding: page.render(), as: UTF8.self)
    }

    private func gauge(_ read: @escaping () -> Sample) -> MetricFamily {
        MetricFamily(name: "x", help: "h", kind: .gauge, series: [Series(read: read)])
    }

    private func value(_ sample: Sample) -> String {
        String(text([gauge { sample }]).split(separator: "\n").last!.dropFirst(2))
    }

    /// Every kind of family and value, as the product has them.
    private func families() -> [MetricFamily] {
        let bounds = Bounds(Bounds.defaults)
        let times = Histogram(bounds)
        for nanoseconds in [1, 500_000, 500_001, 1_200_000, 7_000_000_003, 11_000_000_000] {
            times.record(Nanoseconds(Int64(nanoseconds)))
        }
        let load = Label("load", "checkout")
        return [
            MetricFamily(
                name: "ballast_requests_completed_total", help: "Sent requests that have ended.",
                kind: .counter,
                series: ["ok", "timeout"].map { outcome in
                    Series([load, Label("outcome", outcome)]) { .integer(outcome == "ok" ? 6 : 0) }
                }),
            MetricFamily(
                name: "ballast_response_time_seconds", help: "From the intended start to the end.",
                kind: .histogram,
                series: [
                    Series([load, Label("result", "ok")]) { .histogram(times.snapshot()) },
                    Series([load, Label("result", "failed")]) {
                        .histogram(HistogramSnapshot(empty: bounds))
                    },
                ]),
            MetricFamily(
                name: "ballast_responses_total", help: "None yet.", kind: .counter, series: []),
            MetricFamily(
                name: "ballast_requests_backlog", help: "Due, not yet sent.", kind: .gauge,
                series: [Series([load]) { .signed(-3) }]),
            MetricFamily(
                name: "ballast_intended_rate", help: "Requests per second.", kind: .gauge,
                series: [Series([load]) { .real(0.1) }]),
            MetricFamily(
                name: "ballast_build_info", help: "Back\\slash, \"quotes\"\nand a second line.",
                kind: .gauge,
                series: [
                    Series([Label("version", "a\\b\"c\nd\r\n")]) { .integer(1) }
                ]),
        ]
    }

    @Test func `the page reads as format 0.0.4`() throws {
        try expectGolden(text(families()), "page.txt")
    }

    @Test func `promtool finds nothing to complain about`() throws {
        let result = try run(["promtool", "check", "metrics"], input: Array(text(families()).utf8))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.isEmpty)
    }

    @Test func `series are counted as lines with a value`() {
        let page = TextPage(families())
        let lines = text(families()).split(separator: "\n").filter { !$0.hasPrefix("#") }
        // Two requests, two histograms of 16 bounds with +Inf, sum and count, three single ones.
        #expect(page.seriesCount == 2 + 2 * 19 + 3)
        #expect(lines.count == page.seriesCount)
    }

    @Test func `every scrape reads again, in the order of the families`() {
        var order: [String] = []
        var count: UInt64 = 8
        var page = TextPage([
            MetricFamily(
                name: "completed", help: "h", kind: .counter,
                series: [
                    Series {
                        order.append("completed")
                        return .integer(count)
                    }
                ]),
            MetricFamily(
                name: "sent", help: "h", kind: .counter,
                series: [
                    Series {
                        order.append("sent")
                        return .integer(count + 1)
                    }
                ]),
        ])
        order = []
        let first = String(decoding: page.render(), as: UTF8.self)
        #expect(order == ["completed", "sent"])
        #expect(first.hasSuffix("sent 9\n"))
        count = 99
        let second = String(decoding: page.render(), as: UTF8.self)
        #expect(second.contains("completed 99\n"))
        #expect(second.hasSuffix("sent 100\n"))
        #expect(first.hasSuffix("sent 9\n"))
    }

    @Test func `a page without series is still a page`() {
        #expect(text([]).isEmpty)
        let empty = MetricFamily(name: "a_total", help: "h", kind: .counter, series: [])
        #expect(
            text([empty, empty])
                == String(
                    repeating: "# HELP a_total h\n# TYPE a_total counter\n", count: 2))
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "-0"), (1, "1"), (0.1, "0.1"), (1.0 / 3, "0.3333333333333333"),
        (1e21, "1e+21"), (1e-300, "1e-300"), (1_785_000_000.25, "1785000000.25"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    ])
    func `real numbers are the shortest that read back`(number: Double, expected: String) {
        #expect(value(.real(number)) == expected)
    }

    @Test func `whole numbers have no rounding`() {
        #expect(value(.integer(.max)) == "18446744073709551615")
        #expect(value(.integer(10)) == "10")
        #expect(value(.signed(.min)) == "-9223372036854775808")
        #expect(value(.signed(0)) == "0")
    }

    @Test func `random numbers read back as themselves`() {
        var random = Seeded()
        for _ in 0..<2_000 {
            let bits = UInt64.random(in: .min ... .max, using: &random)
            let number = Double(bitPattern: bits)
            if number.isFinite {
                #expect(Double(value(.real(number))) == number, "\(random)")
            }
            let size = UInt64.random(in: 0..<64, using: &random)
            let integer = bits >> size
            #expect(value(.integer(integer)) == "\(integer)", "\(random)")
        }
    }

    private func histogram(_ bounds: [Nanoseconds], counts: [UInt64], sum: UInt128) -> [Substring] {
        let snapshot = HistogramSnapshot(bounds: Bounds(bounds), counts: counts, sum: sum)
        let family = MetricFamily(
            name: "h", help: "h", kind: .histogram, series: [Series { .histogram(snapshot) }])
        return text([family]).split(separator: "\n").dropFirst(2).map { $0 }
    }

    @Test func `buckets add up and end with the count`() {
        #expect(
            histogram([.milliseconds(1), .seconds(1)], counts: [3, 0, 4], sum: 1) == [
                "h_bucket{le=\"0.001\"} 3", "h_bucket{le=\"1.0\"} 3", "h_bucket{le=\"+Inf\"} 7",
                "h_sum 0.000000001", "h_count 7",
            ])
    }

    @Test(
        arguments: [
            (0, "0"), (1_000_000_000, "1"), (1_500_000_000, "1.5"), (123_456_789, "0.123456789"),
            (1, "0.000000001"), (9_007_199_254_740_993, "9007199.254740993"),
            (6_311_520_000_000_123_456_789_000, "6311520000000123.456789"),
        ] as [(UInt128, String)])
    func `sums in seconds are exact`(sum: UInt128, expected: String) {
        #expect(histogram([.seconds(1)], counts: [0, 0], sum: sum)[2] == "h_sum \(expected)")
    }

    @Test(
        arguments: [
            (500_000, "0.0005"), (1_000_000, "0.001"), (1_000_000_000, "1.0"),
            (2_500_000_000, "2.5"), (10_000_000_000, "10.0"), (100_000, "0.0001"),
            (10_000, "1e-05"),
            (12_500, "1.25e-05"), (1, "1e-09"), (999_999_000_000_000, "999999.0"),
            (1_000_000_000_000_000, "1e+06"), (1_234_567_500_000_000, "1.2345675e+06"),
            (300_000_000, "0.3"), (123_456_789_123, "123.456789123"),
        ] as [(Int64, String)])
    func `bounds are written as Go would`(nanoseconds: Int64, expected: String) {
        let lines = histogram([Nanoseconds(nanoseconds)], counts: [0, 0], sum: 0)
        #expect(lines[0] == "h_bucket{le=\"\(expected)\"} 0")
    }

    @Test func `bounds read back as the same number`() {
        var random = Seeded()
        for _ in 0..<1_000 {
            let shift = Int64.random(in: 0..<50, using: &random)
            let nanoseconds = max(1, Int64.random(in: 0...(1 << 50), using: &random) >> shift)
            let line = histogram([Nanoseconds(nanoseconds)], counts: [0, 0], sum: 0)[0]
            let bound = line.split(separator: "\"")[1]
            #expect(Double(bound) == Double(nanoseconds) / 1e9, "\(random): \(bound)")
        }
    }

    @Test func `any label value reads back as itself`() throws {
        var random = Seeded()
        let alphabet: [Unicode.Scalar] = [
            "\\", "\"", "\n", "\r", "n", "a", "}", ",", "=", "é", "😀",
        ]
        for _ in 0..<1_000 {
            var value = ""
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                value.unicodeScalars.append(alphabet.randomElement(using: &random)!)
            }
            let family = MetricFamily(
                name: "x", help: value, kind: .gauge,
                series: [Series([Label("l", value)]) { .integer(1) }])
            let page = text([family])
            #expect(page.unicodeScalars.filter { $0 == "\n" }.count == 3, "\(random)")
            let lines = page.unicodeScalars.split(separator: "\n").map { String($0) }
            #expect(unescaped(lines[0].dropFirst("# HELP x ".count)) == value, "\(random)")
            let quoted = lines[2].dropFirst("x{l=\"".count).dropLast("\"} 1".count)
            #expect(unescaped(quoted) == value, "\(random)")
        }
    }

    /// The reader's side of format 0.0.4.
    private func unescaped(_ text: Substring) -> String {
        var result = String.UnicodeScalarView()
        var escaped = false
        for scalar in text.unicodeScalars {
            if escaped {
                result.append(scalar == "n" ? "\n" : scalar)
                escaped = false
            } else if scalar == "\\" {
                escaped = true
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}
