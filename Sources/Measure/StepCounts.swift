package import Time

/// Counts of times on a scale that is coarser than `FineScale`, so that many of them can be kept: at most 16 steps in
/// each doubling, of which the middle is within 3.2 % of every value.
package struct StepCounts: Sendable {
    static let finestShift = 2
    /// A step is 2^shift fine slots.
    private(set) var shift: Int
    private(set) var counts: [UInt64]

    init(shift: Int = finestShift) {
        self.shift = shift
        counts = Array(repeating: 0, count: FineScale.slotCount >> shift)
    }

    package var count: UInt64 { counts.reduce(0, +) }

    mutating func add(_ count: UInt64, at step: Int) { counts[step] += count }

    /// Brings it to fewer steps; never to more.
    mutating func coarsen(to other: Int) {
        guard other > shift else { return }
        let finer = self
        self = StepCounts(shift: other)
        for step in finer.counts.indices {
            counts[step >> (other - finer.shift)] += finer.counts[step]
        }
    }

    /// The coarser scale of the two holds both.
    mutating func merge(_ other: StepCounts) {
        var other = other
        coarsen(to: other.shift)
        other.coarsen(to: shift)
        for step in counts.indices { counts[step] += other.counts[step] }
    }

    // MARK: What a person asks

    /// The step in which the smallest value lies that at least the share `rank` of all values does not exceed.
    private func step(ofRank rank: Double) -> Int? {
        let total = count
        guard total > 0 else { return nil }
        let wanted = max(1, UInt64((rank * Double(total)).rounded(.up)))
        var seen: UInt64 = 0
        return counts.firstIndex {
            seen += $0
            return seen >= wanted
        }
    }

    /// - Parameter greatest: of all values ever, which no quantile exceeds.
    package func quantile(_ rank: Double, greatest: Nanoseconds) -> Nanoseconds? {
        step(ofRank: rank).map { step in
            min(Nanoseconds((edge(step) + edge(step + 1)) / 2), greatest)
        }
    }

    /// How many values lie in steps whose middle is above a time.
    package func count(above time: Nanoseconds) -> UInt64 {
        counts.indices.reduce(0) { sum, step in
            (edge(step) + edge(step + 1)) / 2 > time.count ? sum + counts[step] : sum
        }
    }

    /// What no value exceeds: the upper edge of the last step that holds one, for counts do not tell more.
    package func atMost(greatest: Nanoseconds) -> Nanoseconds? {
        counts.lastIndex { $0 > 0 }.map { step in
            // Above the last step's edge there is no scale.
            step == counts.count - 1 ? greatest : min(Nanoseconds(edge(step + 1)), greatest)
        }
    }

    private func edge(_ step: Int) -> Int64 { FineScale.lowerEdge(of: step << shift) }
}
