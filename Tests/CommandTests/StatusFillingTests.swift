import Measure
import Server
import Testing
import Time

@testable import Engine
@testable import ballast

@Suite struct StatusFillingTests {
    /// 300 ms five minutes ago, 20 ms now, and neither is the other's.
    @Test func `each window shows its own quantiles, and the whole its greatest time`() throws {
        let histogram = FineHistogram()
        var recent = RecentTimes()
        let start = Instant(nanoseconds: 1_000_000_000)
        for _ in 0..<10 { histogram.record(.milliseconds(300)) }
        recent.cut(histogram.snapshot(), at: start)
        let now = start + .seconds(300)
        histogram.record(.milliseconds(20))
        let all = histogram.snapshot()
        let times = LoadStatus.Times(
            all,
            RecentQuantiles.Windows(
                minute: recent.counts(ofLast: RecentTimes.minute, all, at: now),
                tenMinutes: recent.counts(ofLast: RecentTimes.tenMinutes, all, at: now)))
        func isNear(_ value: Double?, _ wanted: Double, _ error: Double) -> Bool {
            value.map { abs($0 - wanted) <= wanted * error } ?? false
        }
        let minute = times.lastMinute
        for value in [minute.p50, minute.p90, minute.p99] { #expect(isNear(value, 0.02, 0.032)) }
        #expect(minute.max.map { $0 >= 0.02 && $0 < 0.0213 } == true)
        let ten = times.lastTenMinutes
        for value in [ten.p50, ten.p90, ten.p99] { #expect(isNear(value, 0.3, 0.032)) }
        #expect(ten.max == 0.3)
        #expect(isNear(times.sinceStart.p50, 0.3, 0.01))
        #expect(times.sinceStart.max == 0.3)
    }
}
