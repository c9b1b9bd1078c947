/// How arrivals are spaced in the integral's own time: evenly, or as a Poisson process, whose gaps are exponential with
/// mean 1. Both are functions of (seed, n) alone, so that workers, restarts and replicas see the same stream.
package enum ArrivalProcess: Hashable, Sendable {
    case uniform
    case poisson(seed: UInt64)

    /// The integral at which arrival 0 is due, in 1/2^32 arrivals.
    var firstMark: UInt128 {
        switch self {
        case .uniform: 1 << 31
        case .poisson(let seed): UInt128(Self.gap(seed: seed, index: 0))
        }
    }

    /// The integral at which arrival `to` is due, when arrival `from` is due at `mark`; `from <= to`.
    func mark(after mark: UInt128, from: UInt64, to: UInt64) -> UInt128 {
        switch self {
        case .uniform: mark + (UInt128(to - from) << 32)
        case .poisson(let seed):
            (from..<to).reduce(mark) { $0 + UInt128(Self.gap(seed: seed, index: $1 + 1)) }
        }
    }

    /// The gap before arrival `index` in 1/2^32 arrivals: -ln(u) for a u in (0, 1) made from (seed, index).
    static func gap(seed: UInt64, index: UInt64) -> UInt64 {
        let bits = mix(seed &+ mix(index &+ 0x9E37_79B9_7F4A_7C15))
        let uniform = (Double(bits >> 11) + 0.5) * 0x1p-53
        return UInt64((minusLog(uniform) * 0x1p32).rounded())
    }

    /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit moves every output bit.
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// -ln(u) to within 1e-15 by ln m = 2 artanh((m - 1) / (m + 1)). Not libm's, whose last bits differ between
    /// platforms and would make replicas disagree.
    package static func minusLog(_ u: Double) -> Double {
        var exponent = Double(u.exponent)
        var mantissa = u.significand
        if mantissa > 1.414_213_562_373_095_1 {
            mantissa /= 2
            exponent += 1
        }
        let s = (mantissa - 1) / (mantissa + 1)
        let square = s * s
        var series = 0.0
        for odd in stride(from: 21.0, through: 1, by: -2) { series = series * square + 1 / odd }
        return -(exponent * 0.693_147_180_559_945_3 + 2 * s * series)
    }
}
