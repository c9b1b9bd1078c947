import Reactor
import Time

/// The answers that wait for their time, earliest first: a binary heap, because thousands may wait at once.
struct DelayHeap {
    struct Entry {
        let due: Instant
        let number: UInt64
        let connection: EventKey

        func isBefore(_ other: Entry) -> Bool { (due, number) < (other.due, other.number) }
    }

    private var entries: [Entry] = []
    private var lastNumber: UInt64 = 0

    var next: Instant? { entries.first?.due }
    var count: Int { entries.count }

    mutating func insert(due: Instant, connection: EventKey) {
        lastNumber += 1
        entries.append(Entry(due: due, number: lastNumber, connection: connection))
        var child = entries.count - 1
        while child > 0, entries[child].isBefore(entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The earliest entry that is due, removed; equal ones come in the order of their insertion.
    mutating func popDue(by now: Instant) -> EventKey? {
        guard let first = entries.first, first.due <= now else { return nil }
        let last = entries.removeLast()
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return first.connection
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[child].isBefore(entries[least]) { least = child }
            }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
