import Synchronization
package import Time

/// A classic histogram: exact counts at any bounds a person writes. One thread records, any thread reads.
package final class Histogram: Sendable {
    package let bounds: Bounds
    private let counts = InlineArray<64, Atomic<UInt64>> { _ in Atomic(0) }
    private let sum: TimeSum

    /// - Parameter microseconds: what the sum begins with: a test cannot wait ten years for a great one.
    package init(_ bounds: Bounds, sumBeginsWith microseconds: UInt64 = 0) {
        self.bounds = bounds
        sum = TimeSum(microseconds: microseconds)
    }

    /// Counts one value; negative ones count as zero.
    package func record(_ value: Nanoseconds) {
        let nanoseconds = max(0, value.count)
        let index = bounds.bucket(of: nanoseconds)
        sum.add(nanoseconds)
        counts[index].store(counts[index].load(ordering: .relaxed) &+ 1, ordering: .releasing)
    }

    package func snapshot() -> HistogramSnapshot {
        let counts = (0...bounds.upper.count).map { self.counts[$0].load(ordering: .acquiring) }
        return HistogramSnapshot(bounds: bounds, counts: counts, sum: sum.nanoseconds)
    }
}

/// What a histogram held at one moment. The total is derived from the buckets, so they always agree.
package struct HistogramSnapshot: Sendable {
    package let bounds: Bounds
    /// Per bucket, not cumulative; the last one is `+Inf`.
    package private(set) var counts: [UInt64]
    /// In nanoseconds; a histogram's own is rounded down to a microsecond.
    package private(set) var sum: UInt128

    package init(bounds: Bounds, counts: [UInt64], sum: UInt128) {
        precondition(counts.count == bounds.upper.count + 1, "one count per bound and one for +Inf")
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
    }

    package init(empty bounds: Bounds) {
        self.init(
            bounds: bounds, counts: Array(repeating: 0, count: bounds.upper.count + 1), sum: 0)
    }

    package var count: UInt64 { counts.reduce(0, &+) }

    /// Adds another snapshot of the same bounds.
    package mutating func merge(_ other: HistogramSnapshot) {
        precondition(bounds.upper == other.bounds.upper, "only histograms of the same bounds merge")
        for index in counts.indices { counts[index] &+= other.counts[index] }
        sum += other.sum
    }
}
