package import Time

/// The rate over time, defined by its integral N(t), the number of arrivals that are due by t:
///
///     constant:  rate(t) = r        N(t) = r t
///
///     rate                 N
///      |                   |      /
///     r|--------           |   /
///      |                   |/
///      +-------- t         +-------- t
///
/// A pure function: no clock, no state. Arrival n is due where N(t) = n + 1/2, so that counts do not flicker at whole
/// periods; Poisson arrivals are due where N(t) reaches a random mark instead.
package enum LoadShape: Hashable, Sendable {
    case constant(Rate)

    /// The highest rate that the shape reaches.
    package var peak: Rate {
        switch self {
        case .constant(let rate): rate
        }
    }

    /// - Parameter time: since the load's start.
    package func rate(at time: Nanoseconds) -> Rate {
        switch self {
        case .constant(let rate): rate
        }
    }

    /// N(t) in 32.32 fixed point, rounded down.
    package func integral(at time: Nanoseconds) -> UInt128 {
        switch self {
        case .constant(let rate):
            (UInt128(UInt64(max(0, time.count))) * UInt128(rate.requests)) << 32
                / UInt128(rate.period)
        }
    }

    /// The first nanosecond t with N(t) >= mark, where `mark` is in 1/2^32 arrivals.
    package func time(ofIntegral mark: UInt128) -> Nanoseconds {
        switch self {
        case .constant(let rate):
            let scaled = mark * UInt128(rate.period)
            let divisor = UInt128(rate.requests) << 32
            return Nanoseconds(Int64((scaled + divisor - 1) / divisor))
        }
    }
}
