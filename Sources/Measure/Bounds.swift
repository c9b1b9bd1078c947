package import Time

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

    /// Prometheus clients' usual bounds with half a millisecond and a millisecond below: 0.0005 to 10 s.
    package static let defaults: [Nanoseconds] = [
        .microseconds(500), .milliseconds(1), .microseconds(2_500), .milliseconds(5),
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
