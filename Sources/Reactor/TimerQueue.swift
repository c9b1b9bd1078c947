import Time

package struct TimerID: Hashable, Sendable {
    let number: UInt64
}

/// Timers ordered by time, then by insertion: a sorted array, because a control loop holds a few dozen at most.
struct TimerQueue {
    private struct Entry {
        let instant: Instant
        let id: TimerID
        let action: (Instant) -> Void
    }

    /// Latest first, so that the next one is popped from the end.
    private var entries: [Entry] = []
    private var lastNumber: UInt64 = 0

    var next: Instant? { entries.last?.instant }

    mutating func insert(at instant: Instant, _ action: @escaping (Instant) -> Void) -> TimerID {
        lastNumber += 1
        let id = TimerID(number: lastNumber)
        let place = entries.firstIndex { $0.instant <= instant } ?? entries.endIndex
        entries.insert(Entry(instant: instant, id: id, action: action), at: place)
        return id
    }

    mutating func cancel(_ id: TimerID) { entries.removeAll { $0.id == id } }

    /// The number of the timer made last: those made after it wait for the next turn.
    var newest: UInt64 { lastNumber }

    /// The action of the earliest timer that is due and not newer than `newest`, removed.
    mutating func popDue(by now: Instant, newest: UInt64) -> ((Instant) -> Void)? {
        guard let last = entries.last, last.instant <= now, last.id.number <= newest else {
            return nil
        }
        return entries.removeLast().action
    }
}
