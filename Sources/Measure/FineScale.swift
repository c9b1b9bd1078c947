/// The log-linear scale behind quantiles and bucket look-ups: 64 steps in each doubling from 2^10 ns (1 us) to
/// 2^37 ns (137 s). A step is at most 1/64 of its value, so its middle is within 0.8 % of any value in it.
package enum FineScale {
    package static let lowestBit = 10
    package static let highestBit = 37
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
