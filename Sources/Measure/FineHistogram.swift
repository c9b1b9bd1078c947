import Synchronization
package import Time

/// Fine counts (`FineScale`, at most 0.8 % off) for quantiles that a person or a threshold asks for.
/// One thread records, any thread reads. 14 KB.
package final class FineHistogram: Sendable {
    private let counts = InlineArray<1_728, Atomic<UInt64>> { _ in Atomic(0) }
    private let sum: TimeSum
    private let greatest = Atomic<Int64>(0)
    private let clamped = Atomic<UInt64>(0)

    /// - Parameter microseconds: what the sum begins with: a test cannot wait ten years for a great one.
    package init(sumBeginsWith microseconds: UInt64 = 0) {
        sum = TimeSum(microseconds: microseconds)
    }

    /// Counts one value; negative ones count as zero, and one off the scale is clamped and counted as such.
    package func record(_ value: Nanoseconds) {
        let nanoseconds = max(0, value.count)
        let slot = FineScale.slot(of: nanoseconds)
        sum.add(nanoseconds)
        if nanoseconds > greatest.load(ordering: .relaxed) {
            greatest.store(nanoseconds, ordering: .relaxed)
        }
        if nanoseconds >= FineScale.highest {
            clamped.store(clamped.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        }
        counts[slot].store(counts[slot].load(ordering: .relaxed) &+ 1, ordering: .releasing)
    }

    package func snapshot() -> FineSnapshot {
        var snapshot = FineSnapshot()
        add(to: &snapshot)
        return snapshot
    }

    /// Adds what it holds to what others held.
    package func add(to snapshot: inout FineSnapshot) {
        // Nothing lies above the greatest: that saves two thirds of the look.
        let greatest = Nanoseconds(greatest.load(ordering: .acquiring))
        for slot in 0...FineScale.slot(of: greatest.count) {
            snapshot.counts[slot] &+= counts[slot].load(ordering: .acquiring)
        }
        snapshot.sum += sum.nanoseconds
        snapshot.greatest = Swift.max(snapshot.greatest, greatest)
        snapshot.clamped &+= clamped.load(ordering: .relaxed)
    }
}

/// What a fine histogram held at one moment.
package struct FineSnapshot: Sendable {
    package fileprivate(set) var counts = [UInt64](repeating: 0, count: FineScale.slotCount)
    /// In nanoseconds, rounded down to a microsecond.
    package fileprivate(set) var sum: UInt128 = 0
    package fileprivate(set) var greatest = Nanoseconds.zero
    /// Values above the scale's 137 s, counted in its last slot.
    package fileprivate(set) var clamped: UInt64 = 0

    package init() {}

    package var count: UInt64 { counts.reduce(0, &+) }

    package var mean: Nanoseconds? {
        let count = count
        return count == 0 ? nil : Nanoseconds(Int64(sum / UInt128(count)))
    }

    package mutating func merge(_ other: FineSnapshot) {
        for slot in counts.indices { counts[slot] &+= other.counts[slot] }
        sum += other.sum
        greatest = Swift.max(greatest, other.greatest)
        clamped &+= other.clamped
    }

    /// What was recorded since an earlier snapshot of the same histogram. The greatest value stays the whole
    /// histogram's, since the one of an interval cannot be told from two snapshots.
    package func since(_ earlier: FineSnapshot) -> FineSnapshot {
        var difference = self
        for slot in counts.indices { difference.counts[slot] &-= earlier.counts[slot] }
        difference.sum -= earlier.sum
        difference.clamped &-= earlier.clamped
        return difference
    }

    /// The smallest recorded value that at least the share `rank` (0 to 1) of all values does not exceed, to within
    /// 0.8 %; nil when nothing was recorded.
    package func quantile(_ rank: Double) -> Nanoseconds? {
        let total = count
        guard total > 0 else { return nil }
        let wanted = Swift.max(1, UInt64((rank * Double(total)).rounded(.up)))
        var seen: UInt64 = 0
        for slot in counts.indices where counts[slot] > 0 {
            seen += counts[slot]
            if seen >= wanted {
                return Swift.min(Nanoseconds(FineScale.middle(of: slot)), greatest)
            }
        }
        return greatest
    }
}

/// The log-linear scale behind quantiles and bucket look-ups: 64 steps in each doubling from 2^10 ns (1 us) to
/// 2^37 ns (137 s). A step is at most 1/64 of its value, so its middle is within 0.8 % of any value in it.
package enum FineScale {
    package static let lowestBit = 10
    /// (37 - 10) * 64; a literal, because InlineArray wants one.
    package static let slotCount = 1_728

    package static let lowest: Int64 = 1 << 10
    package static let highest: Int64 = 1 << 37

    /// The slot of a value in nanoseconds; values off the scale fall into its first and last slot.
    package static func slot(of value: Int64) -> Int {
        guard value >= lowest else { return 0 }
        guard value < highest else { return slotCount - 1 }
        let exponent = 63 - value.leadingZeroBitCount
        let step = Int(truncatingIfNeeded: value >> Int64(exponent - 6)) & 63
        return ((exponent - lowestBit) << 6) + step
    }

    /// The smallest value of a slot, in nanoseconds.
    package static func lowerEdge(of slot: Int) -> Int64 {
        let exponent = lowestBit + (slot >> 6)
        return Int64(64 + (slot & 63)) << Int64(exponent - 6)
    }

    /// The middle of a slot: what a quantile that falls into it is said to be.
    package static func middle(of slot: Int) -> Int64 {
        lowerEdge(of: slot) + (1 << Int64(lowestBit + (slot >> 6) - 7))
    }
}
