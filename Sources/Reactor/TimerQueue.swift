package import Time

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

/// How much too early a thread sets its alarm, so that it is awake on time.
///
/// A sleeping core, above all a virtual one, needs some 5 to 100 us from an alarm to the thread's first instruction.
/// This follows the lower quartile of what its own last alarms took: three wakes of four are then still a little
/// late, and the fourth waits out the few microseconds that remain. Aiming for punctuality in all would mean to wait
/// for long in most.
package struct WakeLead {
    package private(set) var length = Nanoseconds.zero

    /// A longer delay is a pause of the machine, not the way from sleep to work.
    package static let lengthMax = Nanoseconds.microseconds(100)
    /// How far a late wake moves the lead up; an early one moves it down three times as far.
    private static let step = Nanoseconds.nanoseconds(500)

    package init() {}

    /// - Parameter delay: from an alarm's instant to that at which the thread was awake.
    package mutating func learn(_ delay: Nanoseconds) {
        length =
            delay > length
            ? min(length + Self.step, Self.lengthMax)
            : max(length - Self.step * 3, .zero)
    }

    /// The alarm for a thread that has to be awake at `instant`. At most half of a sleep is cut off: the core sleeps
    /// less deeply then, and the wait at the end would be the larger part.
    package func alarm(for instant: Instant, now: Instant) -> Instant {
        instant - max(.zero, min(length, (instant - now) / 2))
    }
}
