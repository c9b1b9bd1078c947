/// A length of time in whole nanoseconds; differences may be negative.
package struct Nanoseconds: Hashable, Comparable, Sendable {
    package var count: Int64

    package init(_ count: Int64) { self.count = count }

    package static var zero: Nanoseconds { Nanoseconds(0) }
    /// Stands for "no limit"; about 292 years.
    package static var max: Nanoseconds { Nanoseconds(.max) }

    package static func nanoseconds(_ n: Int64) -> Nanoseconds { Nanoseconds(n) }
    package static func microseconds(_ n: Int64) -> Nanoseconds { Nanoseconds(n * 1_000) }
    package static func milliseconds(_ n: Int64) -> Nanoseconds { Nanoseconds(n * 1_000_000) }
    package static func seconds(_ n: Int64) -> Nanoseconds { Nanoseconds(n * 1_000_000_000) }

    /// The same length in seconds, as Prometheus wants it.
    package var seconds: Double { Double(count) / 1e9 }

    // Written out, because the generic forms go through a witness table when other modules use them.
    package static func == (a: Nanoseconds, b: Nanoseconds) -> Bool { a.count == b.count }
    package static func != (a: Nanoseconds, b: Nanoseconds) -> Bool { a.count != b.count }
    package static func <= (a: Nanoseconds, b: Nanoseconds) -> Bool { a.count <= b.count }
    package static func >= (a: Nanoseconds, b: Nanoseconds) -> Bool { a.count >= b.count }
    package static func > (a: Nanoseconds, b: Nanoseconds) -> Bool { a.count > b.count }
    package static func < (a: Nanoseconds, b: Nanoseconds) -> Bool { a.count < b.count }
    package static func + (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
        Nanoseconds(a.count + b.count)
    }
    package static func - (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
        Nanoseconds(a.count - b.count)
    }
    package static func * (a: Nanoseconds, factor: Int64) -> Nanoseconds {
        Nanoseconds(a.count * factor)
    }
    package static func / (a: Nanoseconds, divisor: Int64) -> Nanoseconds {
        Nanoseconds(a.count / divisor)
    }
}

extension Nanoseconds: CustomStringConvertible {
    /// Three significant digits in the unit a person would choose: `250ms`, `1.5s`, `42.1us`, `3m20s`.
    package var description: String {
        let magnitude = count.magnitude
        let sign = count < 0 ? "-" : ""
        switch magnitude {
        case 0: return "0s"
        case ..<1_000: return "\(sign)\(magnitude)ns"
        case ..<999_500: return sign + Self.threeDigits(magnitude, unit: 1_000) + "us"
        case ..<999_500_000: return sign + Self.threeDigits(magnitude, unit: 1_000_000) + "ms"
        case ..<60_000_000_000: return sign + Self.threeDigits(magnitude, unit: 1_000_000_000) + "s"
        default: return sign + Self.clock(magnitude / 1_000_000_000)
        }
    }

    private static func threeDigits(_ magnitude: UInt64, unit: UInt64) -> String {
        let whole = magnitude / unit
        let decimals = whole >= 100 ? 0 : whole >= 10 ? 1 : 2
        let scale: UInt64 = decimals == 0 ? 1 : decimals == 1 ? 10 : 100
        let scaled = (magnitude * scale + unit / 2) / unit
        var text = "\(scaled / scale)"
        var rest = scaled % scale
        guard rest > 0 else { return text }
        var digits = decimals
        while rest % 10 == 0 {
            rest /= 10
            digits -= 1
        }
        let fraction = "\(rest)"
        text += "." + String(repeating: "0", count: digits - fraction.utf8.count) + fraction
        return text
    }

    private static func clock(_ seconds: UInt64) -> String {
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"),
            (seconds % 60, "s"),
        ]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }
}

package func min(_ a: Nanoseconds, _ b: Nanoseconds) -> Nanoseconds { a < b ? a : b }
package func max(_ a: Nanoseconds, _ b: Nanoseconds) -> Nanoseconds { a < b ? b : a }

/// A point on the monotonic clock, in nanoseconds since the machine's start. Only `Reactor` reads that clock;
/// everything below it is handed instants, so that tests hold time in their hands.
package struct Instant: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Before every reading of the clock.
    package static var distantPast: Instant { Instant(nanoseconds: 0) }
    /// Of what has not happened.
    package static var notYet: Instant { distantPast }
    /// A deadline that is over already: now is not too late.
    package static var atOnce: Instant { distantPast }
    /// After every reading of the clock: "nothing is due".
    package static var distantFuture: Instant { Instant(nanoseconds: .max) }

    // Written out, because the generic forms go through a witness table when other modules use them.
    package static func == (a: Instant, b: Instant) -> Bool { a.nanoseconds == b.nanoseconds }
    package static func != (a: Instant, b: Instant) -> Bool { a.nanoseconds != b.nanoseconds }
    package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
    package static func - (a: Instant, b: Instant) -> Nanoseconds {
        Nanoseconds(a.nanoseconds - b.nanoseconds)
    }
    package static func > (a: Instant, b: Instant) -> Bool { a.nanoseconds > b.nanoseconds }
    package static func <= (a: Instant, b: Instant) -> Bool { a.nanoseconds <= b.nanoseconds }
    package static func >= (a: Instant, b: Instant) -> Bool { a.nanoseconds >= b.nanoseconds }
    /// Saturates at `distantFuture`, so that "no limit" can be added to any instant.
    package static func + (a: Instant, length: Nanoseconds) -> Instant {
        let (sum, overflow) = a.nanoseconds.addingReportingOverflow(length.count)
        return overflow ? .distantFuture : Instant(nanoseconds: sum)
    }
    package static func - (a: Instant, length: Nanoseconds) -> Instant {
        Instant(nanoseconds: a.nanoseconds - length.count)
    }
}

package func min(_ a: Instant, _ b: Instant) -> Instant { a < b ? a : b }
package func max(_ a: Instant, _ b: Instant) -> Instant { a < b ? b : a }
