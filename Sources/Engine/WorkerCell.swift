import Measure

/// What one worker tells of itself: it writes, the main thread reads.
final class WorkerCell: Sendable {
    /// How long it could not keep up (`BusyMeter.saturated`), in nanoseconds.
    let saturated = Gauge()
    /// When its present turn began, or while it sleeps, when it has to be awake; as `Instant` has it.
    let awakeBy = Gauge(Int64.max)
    /// The kernel's number of its thread; 0 before it runs.
    let thread = Gauge()
}
