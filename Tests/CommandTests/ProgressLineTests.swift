import Testing
import Time

@testable import ballast

@Suite struct ProgressLineTests {
    private var reading: ProgressReading {
        var reading = ProgressReading()
        reading.target = "127.0.0.1:8080"
        reading.elapsed = .milliseconds(4_250)
        reading.length = .seconds(10)
        reading.intended = 212
        reading.intendedRate = 50
        reading.rate = 49.97
        reading.p50 = .microseconds(8_123)
        reading.p99 = .milliseconds(61)
        reading.completed = 210
        reading.failed = 3
        reading.inFlight = 2
        return reading
    }

    private func style(_ columns: Int, unicode: Bool = true) -> Style {
        Style(hasColors: false, hasUnicode: unicode, columns: columns)
    }

    @Test func `a wide line shows everything`() {
        #expect(
            ProgressLine.text(reading, style(200))
                == " 4s / 10s  ━━━━━━━━────────────  50 of 50/s  p50 8.12ms  p99 61ms    "
                + "failed 3 (1.43%)  dropped 0  in flight 2")
    }

    @Test func `a narrow line keeps what matters most`() {
        #expect(
            ProgressLine.text(reading, style(60))
                == " 4s / 10s  50 of 50/s  p99 61ms    failed 3 (1.43%)")
    }

    @Test func `what was dropped is in every share, and no narrow line leaves it out`() {
        var reading = reading
        reading.completed = 27
        reading.failed = 2
        reading.dropped = 73
        #expect(
            ProgressLine.text(reading, style(200)).contains("  failed 2 (2%)  dropped 73 (73%)  "))
        #expect(
            ProgressLine.text(reading, style(70))
                == " 4s / 10s  50 of 50/s  p99 61ms    failed 2 (2%)  dropped 73 (73%)")
        reading.failed = 0
        let colors = Style(hasColors: true, hasUnicode: true, columns: 200)
        let text = ProgressLine.text(reading, colors)
        #expect(text.contains("\u{1B}[31mdropped 73 (73%)\u{1B}[0m"))
        #expect(text.contains("  failed 0  "))
    }

    @Test func `a negative difference is shown as it is`() {
        var reading = reading
        reading.inFlight = -12_345
        #expect(ProgressLine.text(reading, style(200)).hasSuffix("in flight -12 345"))
    }

    @Test(arguments: [20, 40, 60, 80, 100, 120])
    func `a line never reaches the last column, where a terminal would wrap`(_ columns: Int) {
        #expect(ProgressLine.text(reading, style(columns)).count < columns)
    }

    @Test func `without unicode the line is ASCII`() {
        var reading = reading
        reading.slowest = [.milliseconds(1), nil, .milliseconds(30)]
        let text = ProgressLine.text(reading, style(200, unicode: false))
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
    }

    @Test func `the last seconds are bars on a logarithmic scale`() {
        var reading = reading
        reading.slowest = [1, 2, 4, 8, 16].map { .milliseconds($0) } + [nil]
        #expect(ProgressLine.text(reading, style(200)).contains("▁▃▅▇█ "))
    }

    @Test func `a closed loop has no intended rate, and a count is progress too`() {
        var reading = reading
        reading.length = nil
        reading.requestsMax = 424
        reading.intendedRate = nil
        let text = ProgressLine.text(reading, style(200))
        #expect(text.hasPrefix(" 4s  ━━━━━━━━━━──────────  50/s  "))
    }

    @Test func `a load that waits says for whom`() {
        var reading = reading
        reading.isWaiting = true
        #expect(ProgressLine.text(reading, style(80)) == "waiting for 127.0.0.1:8080…")
    }
}

@Suite struct NumberTests {
    @Test(
        arguments: [
            (0, "0"), (9_999, "9999"), (10_000, "10 000"), (1_234_567, "1 234 567"),
        ] as [(UInt64, String)])
    func `counts get gaps`(_ value: UInt64, _ text: String) {
        #expect(Numbers.count(value) == text)
    }

    @Test(arguments: [
        (0, "0"), (0.01234, "0.012"), (1.006, "1.01"), (9.996, "10"), (49.97, "50"), (99.96, "100"),
        (123.4, "123"), (12_345.6, "12 346"), (.nan, "-"),
    ])
    func `real numbers have three digits`(_ value: Double, _ text: String) {
        #expect(Numbers.real(value) == text)
    }

    @Test(
        arguments: [
            (0, 10, "0%"), (10, 10, "100%"), (1, 100, "1%"), (1, 30_000, "<0.01%"),
            (29_999, 30_000, ">99.99%"), (1, 3, "33.3%"), (999, 1_000, "99.9%"), (0, 0, "-"),
        ] as [(UInt64, UInt64, String)])
    func `a share never looks like nothing or everything unless it is`(
        _ part: UInt64, _ whole: UInt64, _ text: String
    ) {
        #expect(Numbers.share(part, of: whole) == text)
    }

    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (298_123, "298 kB"), (1_500_000, "1.5 MB"),
        ] as [(UInt64, String)])
    func `bytes have a unit`(_ value: UInt64, _ text: String) {
        #expect(Numbers.bytes(value) == text)
    }
}
