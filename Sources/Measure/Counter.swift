import Synchronization

/// A total that only grows. One thread writes, any thread reads: hence a load and a store instead of a locked
/// addition. Stores release and loads acquire, so whoever sees `completed` also sees the `sent` before it.
package final class Counter: Sendable {
    private let cell = Atomic<UInt64>(0)

    package init() {}

    package var value: UInt64 { cell.load(ordering: .acquiring) }

    package func add(_ amount: UInt64 = 1) {
        cell.store(cell.load(ordering: .relaxed) &+ amount, ordering: .releasing)
    }
}

/// A whole number that goes up and down; one thread writes, any thread reads.
package final class Gauge: Sendable {
    private let cell: Atomic<Int64>

    package init(_ value: Int64 = 0) { cell = Atomic(value) }

    package var value: Int64 { cell.load(ordering: .acquiring) }

    package func set(_ value: Int64) { cell.store(value, ordering: .releasing) }
}

/// Up to 16 counters that are told apart by an index, without a reference to fetch for each.
package final class CounterSet: Sendable {
    private let cells = InlineArray<16, Atomic<UInt64>> { _ in Atomic(0) }

    package init() {}

    package subscript(_ index: Int) -> UInt64 { cells[index].load(ordering: .acquiring) }

    package func add(at index: Int) {
        let value = cells[index].load(ordering: .relaxed)
        cells[index].store(value &+ 1, ordering: .releasing)
    }
}

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
