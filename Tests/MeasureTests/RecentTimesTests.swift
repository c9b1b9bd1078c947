import Properties
import Testing
import Time

@testable import Measure

/// One histogram under a clock that the test moves.
private final class Recorder {
    let histogram = FineHistogram()
    var recent = RecentTimes()
    var now = Instant(nanoseconds: 1_000_000_000_000)
    private(set) var cuts: [Instant] = []
    private(set) var values: [(at: Instant, value: Nanoseconds)] = []

    func record(_ value: Nanoseconds) {
        histogram.record(value)
        values.append((now, value))
    }

    /// Moves the clock on by one look of the main thread.
    func wait(_ length: Nanoseconds) {
        now = now + length
        if recent.isDue(at: now) { cuts.append(now) }
        recent.cut(histogram.snapshot(), at: now)
    }

    func counts(_ window: Nanoseconds) -> StepCounts {
        recent.counts(ofLast: window, histogram.snapshot(), at: now)
    }

    func quantile(_ rank: Double, _ window: Nanoseconds) -> Nanoseconds? {
        counts(window).quantile(rank, greatest: histogram.snapshot().greatest)
    }
}

@Suite struct RecentTimesTests {
    private static let minute = RecentTimes.minute
    private static let tenMinutes = RecentTimes.tenMinutes

    /// The slices' edges are known: every window is compared with the sorted values themselves.
    @Test func `a window holds exactly what came since its first cut, right to three per cent`()
        throws
    {
        var random = Seeded()
        let recorder = Recorder()
        func some(_ most: Int) {
            for _ in 0..<random.int(0...most) {
                recorder.record(.microseconds(Int64(random.magnitude(100, 5_000))))
            }
        }
        for _ in 0..<800 {
            some(6)
            recorder.wait(.milliseconds(Int64(random.int(900...1_300))))
            some(3)
            let now = recorder.now
            let begin = recorder.cuts.last { $0 <= now - Self.minute } ?? .distantPast
            let exact = recorder.values.filter { $0.at >= begin }.map(\.value).sorted()
            let counts = recorder.counts(Self.minute)
            #expect(counts.count == UInt64(exact.count), "\(random)")
            #expect(begin == .distantPast || now - begin < .milliseconds(66_300), "\(random)")
            for rank in [0.01, 0.5, 0.9, 0.99] where !exact.isEmpty {
                let place = max(1, Int((rank * Double(exact.count)).rounded(.up)))
                let found = try #require(recorder.quantile(rank, Self.minute))
                let off = (found - exact[place - 1]).seconds / exact[place - 1].seconds
                #expect(abs(off) < 0.032, "\(random): \(rank)")
            }
            let most = counts.atMost(greatest: recorder.histogram.snapshot().greatest)
            if let last = exact.last {
                let above = try #require(most).seconds / last.seconds
                #expect(above >= 1 && above < 1.063, "\(random)")
            }
            // The last ten minutes begin at a cut, too: ten to eleven minutes ago.
            let all = recorder.counts(Self.tenMinutes).count
            let least = recorder.values.count { $0.at >= now - Self.tenMinutes }
            let atMost = recorder.values.count { $0.at >= now - .seconds(667) }
            #expect(all >= least && all <= atMost, "\(random): \(least) \(all) \(atMost)")
        }
        #expect(recorder.values.count > 2_000)
        #expect(recorder.recent.bytes < 10_240)
    }

    @Test func `one bad minute leaves the last minute, then the last ten, never the whole`() {
        let recorder = Recorder()
        func minutes(_ count: Int, of value: Nanoseconds) {
            for _ in 0..<count * 60 {
                for _ in 0..<10 { recorder.record(value) }
                recorder.wait(.seconds(1))
            }
        }
        let calm = Nanoseconds.milliseconds(2)
        minutes(5, of: .milliseconds(1))
        #expect(recorder.quantile(0.99, Self.minute)! < calm)
        minutes(1, of: .milliseconds(500))
        #expect(recorder.quantile(0.5, Self.minute)! > .milliseconds(480))
        #expect(recorder.quantile(0.99, Self.tenMinutes)! > .milliseconds(480))
        minutes(2, of: .milliseconds(1))
        #expect(recorder.quantile(0.99, Self.minute)! < calm)
        #expect(recorder.counts(Self.minute).atMost(greatest: .seconds(9))! < calm)
        #expect(recorder.quantile(0.99, Self.tenMinutes)! > .milliseconds(480))
        minutes(10, of: .milliseconds(1))
        #expect(recorder.quantile(0.99, Self.tenMinutes)! < calm)
        #expect(recorder.histogram.snapshot().quantile(0.99)! > .milliseconds(480))
    }

    @Test func `what is older than a window is not in it, though nobody looked meanwhile`() {
        let recorder = Recorder()
        recorder.record(.milliseconds(1))
        #expect(recorder.counts(Self.minute).count == 1, "before the first cut")
        recorder.wait(.seconds(5))
        #expect(recorder.counts(Self.minute).count == 1)
        recorder.now = recorder.now + .seconds(60)
        #expect(recorder.counts(Self.minute).count == 0)
        #expect(recorder.quantile(0.5, Self.minute) == nil)
        #expect(recorder.counts(Self.minute).atMost(greatest: .seconds(1)) == nil)
        #expect(recorder.counts(Self.tenMinutes).count == 1)
        recorder.wait(.seconds(540))
        #expect(recorder.counts(Self.tenMinutes).count == 0)
    }

    /// Times of every size, so that no slice is sparse, for longer than anything is kept.
    /// Each look is late, and less so than the one before: no slice may take a second more for that.
    @Test func `slices are of five seconds, however late each look is`() {
        let recorder = Recorder()
        recorder.wait(.milliseconds(400))
        for _ in 0..<300 { recorder.wait(.seconds(1) - .milliseconds(1)) }
        let gaps = zip(recorder.cuts, recorder.cuts.dropFirst()).map { $1 - $0 }
        #expect(gaps.count > 50)
        #expect(gaps.allSatisfy { $0 < .seconds(5) && $0 > .milliseconds(4_900) })
    }

    @Test func `its memory stays below ten kibibytes whatever comes`() {
        var random = Seeded()
        let recorder = Recorder()
        var most = 0
        for _ in 0..<400 {
            for _ in 0..<800 {
                recorder.histogram.record(Nanoseconds(Int64(random.magnitude(1_024, 1.3e11))))
            }
            recorder.wait(.seconds(5))
            most = max(most, recorder.recent.bytes)
        }
        #expect(most > 5_000, "\(most): not the worst case")
        #expect(most < 10_240, "\(random)")
        #expect(recorder.counts(Self.tenMinutes).count >= 120 * 800)
    }
}

@Suite struct PackedCountsTests {
    @Test func `what fits comes back as it was, what does not on a coarser scale`() {
        var random = Seeded()
        for round in 0..<400 {
            var counts = StepCounts(shift: random.int(2...6))
            let most = random.magnitude(1, 1e12)
            for step in counts.counts.indices where random.int(0...99) < round / 4 {
                counts.add(UInt64(random.magnitude(1, most + 1)), at: step)
            }
            let packed = PackedCounts(counts)
            #expect(packed.bytes.count <= PackedCounts.bytesMax, "\(random)")
            let back = packed.unpacked
            #expect(back.shift == packed.shift && back.shift >= counts.shift)
            counts.coarsen(to: back.shift)
            #expect(back.counts == counts.counts, "\(random)")
        }
    }

    @Test func `nothing packs into nothing`() {
        let packed = PackedCounts(StepCounts())
        #expect(packed.bytes.isEmpty)
        #expect(packed.unpacked.count == 0)
    }

    @Test func `merging counts of two scales takes the coarser one, from either side`() {
        var fine = StepCounts()
        fine.add(3, at: 17)
        var coarse = StepCounts(shift: 4)
        coarse.add(5, at: 4)
        var (one, other) = (fine, coarse)
        one.merge(coarse)
        other.merge(fine)
        #expect(one.shift == 4 && one.counts == other.counts)
        #expect(one.counts[4] == 8 && one.count == 8)
    }

    @Test func `a time above the scale is at most the greatest of all`() {
        let histogram = FineHistogram()
        var recent = RecentTimes()
        histogram.record(.seconds(500))
        let all = histogram.snapshot()
        recent.cut(all, at: Instant(nanoseconds: 1))
        let counts = recent.counts(
            ofLast: RecentTimes.minute, all, at: Instant(nanoseconds: 2))
        #expect(counts.atMost(greatest: all.greatest) == .seconds(500))
        #expect(counts.quantile(0.5, greatest: all.greatest)! > .seconds(130))
    }
}
