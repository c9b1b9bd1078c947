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
