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

/// The upper bounds of a classic histogram, ascending and exact to the nanosecond; `+Inf` is understood.
/// A table from fine slot to the first bound that could hold its values makes a look-up one or two compares.
package final class Bounds: Sendable {
    /// One cell of the histogram's 64 is `+Inf`.
    package static let countMax = 63

    /// Ascending, in nanoseconds.
    package let upper: [Int64]
    private let firstCandidate: [UInt8]

    /// - Parameter bounds: any order, duplicates allowed; at most `countMax` different ones.
    package init(_ bounds: some Sequence<Nanoseconds>) {
        let sorted = Set(bounds.map(\.count)).sorted()
        precondition(sorted.count <= Self.countMax, "a histogram takes at most 63 bounds")
        upper = sorted
        firstCandidate = (0..<FineScale.slotCount).map { slot in
            let smallest = slot == 0 ? .min : FineScale.lowerEdge(of: slot)
            return UInt8(sorted.firstIndex { $0 >= smallest } ?? sorted.count)
        }
    }

    /// Prometheus clients' usual bounds, carried on below for neighbours that answer within a millisecond:
    /// 0.0001 to 10 s.
    package static let defaults: [Nanoseconds] = [
        .microseconds(100), .microseconds(250), .microseconds(500), .milliseconds(1),
        .microseconds(2_500), .milliseconds(5),
        .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100),
        .milliseconds(250), .milliseconds(500), .seconds(1), .milliseconds(2_500), .seconds(5),
        .seconds(10),
    ]

    /// The index of the first bound that is not below `value`; `upper.count` stands for `+Inf`.
    package func bucket(of value: Int64) -> Int {
        var index = Int(firstCandidate[FineScale.slot(of: value)])
        while index < upper.count, value > upper[index] { index += 1 }
        return index
    }
}
