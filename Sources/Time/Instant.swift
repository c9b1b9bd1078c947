/// A point on the monotonic clock, in nanoseconds since the machine's start. Only `Reactor` reads that clock;
/// everything below it is handed instants, so that tests hold time in their hands.
package struct Instant: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Before every reading of the clock: also "has not happened".
    package static var distantPast: Instant { Instant(nanoseconds: 0) }
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
