import Measure
import Time

/// Whether a worker keeps up, from how much of its time it slept. One that hardly sleeps comes late to every answer:
/// its connections are "in use" because nobody reads, and what it says of its target is its own delay.
struct BusyMeter {
    /// Long enough that one batch of work does not fill it, short beside the second that `limits.late` usually is.
    static let window = Nanoseconds.milliseconds(100)
    /// A worker that sleeps less than this share of a window is saturated, or kept from running.
    private static let sleepMin = 0.1

    private var windowStart: Instant
    private var sleptBefore: Nanoseconds
    /// Until when it was last so: `distantFuture` while it is, `distantPast` before it ever was.
    private(set) var saturatedUntil = Instant.distantPast
    /// The time of all such windows.
    private(set) var saturated = Nanoseconds.zero

    /// - Parameter slept: how long the thread has slept in all.
    init(start: Instant, slept: Nanoseconds) {
        windowStart = start
        sleptBefore = slept
    }

    /// Closes the window if it is over.
    mutating func look(at now: Instant, slept: Nanoseconds) {
        let length = now - windowStart
        guard length >= Self.window else { return }
        if (slept - sleptBefore).seconds < Self.sleepMin * length.seconds {
            saturatedUntil = .distantFuture
            saturated = saturated + length
        } else if saturatedUntil == .distantFuture {
            saturatedUntil = windowStart
        }
        windowStart = now
        sleptBefore = slept
    }
}

/// What one worker tells of itself: it writes, the main thread reads.
final class WorkerCell: Sendable {
    /// How long it could not keep up (`BusyMeter.saturated`), in nanoseconds.
    let saturated = Gauge()
    /// When its present turn began, or while it sleeps, when it has to be awake; as `Instant` has it.
    let awakeBy = Gauge(Int64.max)
    /// The kernel's number of its thread; 0 before it runs.
    let thread = Gauge()
}
