package import Time

/// Requests per length of time, as an exact fraction: `0.01/s` is 1 per 100 s, never a rounded double.
package struct Rate: Hashable, Sendable {
    /// Requests in `period` nanoseconds; both positive and without a common divisor.
    package let requests: UInt64
    package let period: UInt64

    /// - Returns: nil unless both are positive.
    package init?(requests: UInt64, per period: Nanoseconds) {
        guard requests > 0, period.count > 0 else { return nil }
        let nanoseconds = UInt64(period.count)
        let divisor = Self.greatestCommonDivisor(requests, nanoseconds)
        self.requests = requests / divisor
        self.period = nanoseconds / divisor
    }

    package var perSecond: Double { Double(requests) / (Double(period) / 1e9) }

    private static func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}

extension Rate: Comparable {
    package static func < (a: Rate, b: Rate) -> Bool {
        let left = a.requests.multipliedFullWidth(by: b.period)
        let right = b.requests.multipliedFullWidth(by: a.period)
        return (left.high, left.low) < (right.high, right.low)
    }
}
