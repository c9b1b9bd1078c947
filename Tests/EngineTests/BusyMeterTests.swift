import Testing
import Time

@testable import Engine

/// From when on a worker counts as one that does not keep up.
@Suite struct BusyMeterTests {
    private let start = Instant(nanoseconds: 1_000_000_000)
    /// What the thread had slept before.
    private let slept = Nanoseconds.seconds(7)

    @Test func `less than a tenth of a window asleep is saturated`() {
        var meter = BusyMeter(start: start, slept: slept)
        meter.look(at: start + .milliseconds(99), slept: slept)
        #expect(meter.saturatedUntil == .distantPast, "the window is not over")
        meter.look(at: start + .milliseconds(100), slept: slept + .microseconds(9_999))
        #expect(meter.saturatedUntil == .distantFuture)
        // It ended where the first window began in which it was not so.
        for _ in 0..<2 {
            meter.look(at: start + .milliseconds(300), slept: slept + .milliseconds(150))
            #expect(meter.saturatedUntil == start + .milliseconds(100))
        }
        #expect(meter.saturated == .milliseconds(100))
    }

    @Test func `each window is judged by what was slept in it`() {
        var meter = BusyMeter(start: start, slept: slept)
        var asleep = slept
        var now = start
        var saturated = Nanoseconds.zero
        for (length, share, isSaturated) in [
            (100, 101, false), (100, 99, true), (1_000, 99, true), (100, 101, false),
            (250, 500, false), (100, 0, true),
        ] as [(Int64, Int64, Bool)] {
            now = now + .milliseconds(length)
            // In thousandths of the window.
            asleep = asleep + .microseconds(length * share)
            meter.look(at: now, slept: asleep)
            #expect(
                (meter.saturatedUntil == .distantFuture) == isSaturated, "\(share) of \(length) ms")
            if isSaturated { saturated = saturated + .milliseconds(length) }
            #expect(meter.saturated == saturated)
        }
    }
}
