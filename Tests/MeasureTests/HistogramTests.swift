import Measure
import Properties
import Testing
import Time

@Suite struct HistogramTests {
    /// Bounds and values of every size, with many values exactly on, one below and one above a bound.
    private func sample(_ random: inout Seeded) -> (bounds: [Nanoseconds], values: [Nanoseconds]) {
        let bounds = (0..<random.int(0...40)).map { _ in
            Nanoseconds(Int64(random.magnitude(1, 4e11)))
        }
        let values = (0..<300).map { _ -> Nanoseconds in
            if !bounds.isEmpty, random.int(0...2) == 0 {
                return random.pick(bounds) + Nanoseconds(Int64(random.int(-1...1)))
            }
            return Nanoseconds(Int64(random.magnitude(1, 4e11)))
        }
        return (bounds, values)
    }

    @Test func `each bucket counts exactly the values up to its bound`() {
        var random = Seeded()
        for _ in 0..<15 {
            let (bounds, values) = sample(&random)
            let histogram = Histogram(Bounds(bounds))
            for value in values { histogram.record(value) }
            let snapshot = histogram.snapshot()
            var cumulative: UInt64 = 0
            for (index, bound) in snapshot.bounds.upper.enumerated() {
                cumulative += snapshot.counts[index]
                let expected = values.count { $0.count <= bound }
                #expect(cumulative == expected, "\(random): bound \(bound)")
            }
            #expect(snapshot.count == values.count, "\(random)")
            #expect(snapshot.count == snapshot.counts.reduce(0, +))
            let sum = values.reduce(UInt128(0)) { $0 + UInt128($1.count) }
            #expect(snapshot.sum == sum / 1_000 * 1_000, "\(random): rounded down to 1 us")
        }
    }

    /// 20 000 requests that wait all the time, for ten years, are 6.3e18 us; in nanoseconds more than 64 bits.
    @Test func `a sum goes on after ten years of twenty thousand waiting requests`() {
        let tenYears: UInt64 = 20_000 * 10 * 365 * 86_400 * 1_000_000
        let histogram = Histogram(Bounds([]), sumBeginsWith: tenYears)
        let fine = FineHistogram(sumBeginsWith: tenYears)
        for _ in 0..<3 {
            histogram.record(.milliseconds(1_500))
            fine.record(.milliseconds(1_500))
        }
        let expected = UInt128(tenYears) * 1_000 + 4_500_000_000
        #expect(histogram.snapshot().sum == expected)
        #expect(fine.snapshot().sum == expected)
        // What two workers counted adds up, too.
        var both = histogram.snapshot()
        both.merge(histogram.snapshot())
        #expect(both.sum == 2 * expected)
    }

    @Test func `what is below a microsecond is carried, not lost`() {
        let histogram = Histogram(Bounds([]))
        let fine = FineHistogram()
        for count in 1...2_500 as ClosedRange<UInt128> {
            histogram.record(.nanoseconds(999))
            fine.record(.nanoseconds(999))
            #expect(histogram.snapshot().sum == count * 999 / 1_000 * 1_000)
            #expect(fine.snapshot().sum == histogram.snapshot().sum)
        }
    }

    @Test func `bounds are sorted and kept once`() {
        let bounds = Bounds([.seconds(1), .milliseconds(5), .seconds(1)])
        #expect(bounds.upper == [5_000_000, 1_000_000_000])
        #expect(Bounds(Bounds.defaults).upper.count == 16)
    }

    @Test func `the first bound not below a value holds it, for every size of value`() {
        var random = Seeded()
        let bounds = Bounds(
            Bounds.defaults + [.nanoseconds(300), .nanoseconds(301), .seconds(200)])
        for _ in 0..<2_000 {
            let value = Int64(random.magnitude(1, 1e12))
            let expected = bounds.upper.firstIndex { value <= $0 } ?? bounds.upper.count
            #expect(bounds.bucket(of: value) == expected, "\(random): \(value)")
        }
        #expect(bounds.bucket(of: 0) == 0)
        #expect(bounds.bucket(of: .max) == bounds.upper.count)
    }

    @Test func `a histogram without bounds counts everything as infinite`() {
        let histogram = Histogram(Bounds([]))
        histogram.record(.seconds(1))
        #expect(histogram.snapshot().counts == [1])
    }

    @Test func `sixty-three bounds fit and the last one works`() {
        let bounds = Bounds((1...63).map { Nanoseconds.seconds($0) })
        let histogram = Histogram(bounds)
        histogram.record(.seconds(63))
        histogram.record(.seconds(64))
        #expect(histogram.snapshot().counts.suffix(2) == [1, 1])
    }

    @Test func `a negative value counts as zero`() {
        let histogram = Histogram(Bounds([.milliseconds(1)]))
        histogram.record(.seconds(-1))
        #expect(histogram.snapshot().counts == [1, 0])
        #expect(histogram.snapshot().sum == 0)
    }

    @Test func `merging is commutative and adds up`() {
        var random = Seeded()
        let bounds = Bounds(Bounds.defaults)
        let (a, b) = (Histogram(bounds), Histogram(bounds))
        for _ in 0..<500 { a.record(Nanoseconds(Int64(random.magnitude(1e3, 1e11)))) }
        for _ in 0..<300 { b.record(Nanoseconds(Int64(random.magnitude(1e3, 1e11)))) }
        var left = a.snapshot()
        left.merge(b.snapshot())
        var right = b.snapshot()
        right.merge(a.snapshot())
        #expect(left.counts == right.counts, "\(random)")
        #expect(left.sum == right.sum)
        #expect(left.count == 800)
        var unchanged = a.snapshot()
        unchanged.merge(HistogramSnapshot(empty: bounds))
        #expect(unchanged.counts == a.snapshot().counts)
    }

    @Test func `a bound on the edge of a fine slot holds its own value`() {
        for slot in stride(from: 0, to: FineScale.slotCount, by: 7) {
            let edge = FineScale.lowerEdge(of: slot)
            let bounds = Bounds([Nanoseconds(edge), .seconds(1_000)])
            #expect(bounds.bucket(of: edge - 1) == 0)
            #expect(bounds.bucket(of: edge) == 0)
            #expect(bounds.bucket(of: edge + 1) == 1)
        }
    }
}
