import Measure
import Properties
import Testing
import Time

@Suite struct FineHistogramTests {
    @Test func `quantiles are within one per cent of the sorted values`() throws {
        var random = Seeded()
        for _ in 0..<20 {
            let histogram = FineHistogram()
            let top = random.pick([1e5, 1e8, 1.3e11])
            let values = (0..<random.int(1...1_500)).map { _ in Int64(random.magnitude(1_024, top))
            }
            for value in values { histogram.record(Nanoseconds(value)) }
            let sorted = values.sorted()
            let snapshot = histogram.snapshot()
            for rank in [0, 0.001, 0.5, 0.9, 0.99, 0.999, 1] {
                let place = max(1, Int((rank * Double(sorted.count)).rounded(.up)))
                let exact = Double(sorted[place - 1])
                let found = Double(try #require(snapshot.quantile(rank)).count)
                #expect(abs(found - exact) <= exact / 100, "\(random): rank \(rank)")
            }
            #expect(snapshot.count == values.count)
            #expect(snapshot.greatest.count == sorted.last)
            #expect(snapshot.sum == values.reduce(0) { $0 + UInt128($1) } / 1_000 * 1_000)
            #expect(snapshot.clamped == 0)
        }
    }

    @Test func `an empty histogram has no quantile and no mean`() {
        let snapshot = FineHistogram().snapshot()
        #expect(snapshot.quantile(0.5) == nil)
        #expect(snapshot.mean == nil)
        #expect(snapshot.count == 0)
    }

    @Test func `a single value is every quantile`() {
        let histogram = FineHistogram()
        histogram.record(.milliseconds(250))
        let snapshot = histogram.snapshot()
        #expect(snapshot.mean == .milliseconds(250))
        for rank in [0, 0.5, 1] {
            let off = snapshot.quantile(rank)! - .milliseconds(250)
            #expect(off.count.magnitude <= 2_500_000)
        }
    }

    @Test func `a quantile never exceeds the greatest value`() {
        let histogram = FineHistogram()
        histogram.record(.nanoseconds(1_000_001))
        #expect(histogram.snapshot().quantile(1)! <= .nanoseconds(1_000_001))
        let tiny = FineHistogram()
        tiny.record(.nanoseconds(5))
        #expect(tiny.snapshot().quantile(0.5) == .nanoseconds(5))
    }

    @Test func `values above the scale are clamped, counted and kept as the greatest`() {
        let histogram = FineHistogram()
        histogram.record(Nanoseconds(FineScale.highest - 1))
        #expect(histogram.snapshot().clamped == 0)
        histogram.record(Nanoseconds(FineScale.highest))
        histogram.record(.seconds(1_000))
        let snapshot = histogram.snapshot()
        #expect(snapshot.clamped == 2)
        #expect(snapshot.count == 3)
        #expect(snapshot.greatest == .seconds(1_000))
        let sum = UInt128(FineScale.highest * 2 - 1) + 1_000_000_000_000
        #expect(snapshot.sum == sum / 1_000 * 1_000)
    }

    @Test func `a negative value counts as zero`() {
        let histogram = FineHistogram()
        histogram.record(.seconds(-5))
        #expect(histogram.snapshot().sum == 0)
        #expect(histogram.snapshot().quantile(1) == .zero)
    }

    @Test func `the slots tile the scale without gap or overlap`() {
        for slot in 0..<FineScale.slotCount {
            let edge = FineScale.lowerEdge(of: slot)
            let middle = FineScale.middle(of: slot)
            let next =
                slot + 1 < FineScale.slotCount
                ? FineScale.lowerEdge(of: slot + 1) : FineScale.highest
            #expect(FineScale.slot(of: edge) == slot)
            #expect(FineScale.slot(of: next - 1) == slot)
            #expect(edge < middle && middle < next)
            #expect(Double(next - middle) <= 0.008 * Double(edge))
        }
    }

    @Test func `merging is commutative and adds up`() {
        var random = Seeded()
        let (a, b) = (FineHistogram(), FineHistogram())
        for _ in 0..<400 { a.record(Nanoseconds(Int64(random.magnitude(1e3, 3e11)))) }
        for _ in 0..<300 { b.record(Nanoseconds(Int64(random.magnitude(1e3, 3e11)))) }
        var left = a.snapshot()
        left.merge(b.snapshot())
        var right = b.snapshot()
        right.merge(a.snapshot())
        #expect(left.counts == right.counts, "\(random)")
        #expect(left.sum == right.sum && left.clamped == right.clamped)
        #expect(left.greatest == right.greatest)
        #expect(left.count == 700)
    }

    @Test func `since leaves what was recorded after the earlier snapshot`() throws {
        let histogram = FineHistogram()
        for _ in 0..<10 { histogram.record(.milliseconds(1)) }
        histogram.record(.seconds(200))
        let earlier = histogram.snapshot()
        for _ in 0..<5 { histogram.record(.milliseconds(50)) }
        let difference = histogram.snapshot().since(earlier)
        #expect(difference.count == 5)
        #expect(difference.clamped == 0)
        #expect(difference.mean == .milliseconds(50))
        let median = try #require(difference.quantile(0.5))
        #expect((median - .milliseconds(50)).count.magnitude <= 500_000)
        #expect(histogram.snapshot().since(histogram.snapshot()).quantile(0.5) == nil)
    }
}
