import Synchronization

/// A sum of times that does not wrap: 20 000 requests that wait all the time add 6.3e18 us in ten years, a third of
/// what 64 bits hold; nanoseconds would wrap in eleven days. A reader sees whole microseconds, which one load tells,
/// so that it never sees the sum go back. What is below one is carried by the writer alone, and never lost.
struct TimeSum: ~Copyable, Sendable {
    private static let unit: UInt64 = 1_000
    private let microseconds: Atomic<UInt64>
    /// Below one microsecond, in nanoseconds; only the writer reads it.
    private let rest = Atomic<UInt64>(0)

    init(microseconds start: UInt64 = 0) { microseconds = Atomic(start) }

    /// - Parameter nanoseconds: not negative.
    func add(_ nanoseconds: Int64) {
        let pending = rest.load(ordering: .relaxed) + UInt64(nanoseconds)
        let (whole, left) = pending.quotientAndRemainder(dividingBy: Self.unit)
        rest.store(left, ordering: .relaxed)
        let total = microseconds.load(ordering: .relaxed) &+ whole
        microseconds.store(total, ordering: .relaxed)
    }

    /// In nanoseconds, rounded down to a microsecond.
    var nanoseconds: UInt128 {
        UInt128(microseconds.load(ordering: .relaxed)) * UInt128(Self.unit)
    }
}
