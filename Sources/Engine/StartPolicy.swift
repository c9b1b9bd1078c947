import Config
import Schedule
import Time
import Transport

/// What becomes of the oldest arrival of a load that has not started. Nothing here starts anything: a verdict follows
/// from times and from what stands in the way, and `LoadRunner` carries it out.
///
///     due? ── no ──> ahead                       too old? ──> drop, with what held it up
///      └─ yes ─> catching up too fast? ──> wait   else ──> start; what the transport refuses waits or is dropped
struct StartPolicy {
    enum Verdict: Equatable {
        case start
        case drop(DropReason)
        /// Nothing can be done for it before this instant.
        case wait(until: Instant)
        /// It is not due yet.
        case ahead
        /// It is not intended: the load's end comes first.
        case over
    }

    /// When a load is asked, and what it knows.
    struct Moment {
        var now: Instant
        /// Nothing is intended after this instant.
        var stop: Instant
        /// Until when the worker could not keep up: what was due by then and is dropped is its fault.
        var saturatedUntil: Instant
        /// What has held up the oldest arrival until now; nil while nothing but our own lateness did.
        var obstacle: Obstacle?
    }

    /// An arrival that comes over its time by more than this is our own fault, whatever else held it up.
    private static let overdueMax = LoadRunner.stallMin

    /// Older than this, a due arrival is part of a catch-up.
    private let tick: Nanoseconds
    /// The greatest age at which an arrival is still started.
    private let ageMax: Nanoseconds
    /// Whether what cannot start at once is dropped at once.
    private let neverWaits: Bool
    private let catchUpSpacing: Nanoseconds
    private let catchUpSlack: Nanoseconds

    /// From the moment when the backlog's head is older than a tick until the backlog is empty.
    private(set) var isCatchingUp = false
    private var nextCatchUp = Instant.distantPast

    /// - Parameter schedule: nil for a closed loop, which asks nothing of this.
    init(_ limits: Limits, _ schedule: Schedule?) {
        let grid = schedule?.pacing.grid ?? .zero
        tick = max(.milliseconds(1), grid)
        ageMax = max(limits.late, tick)
        neverWaits = limits.late == .zero
        guard let schedule else {
            (catchUpSpacing, catchUpSlack) = (.zero, .zero)
            return
        }
        let rate = schedule.shape.peak.perSecond / Double(schedule.workers)
        catchUpSpacing = Nanoseconds(Int64(1e9 / (rate * Double(limits.catchUp))))
        // Wake-ups are a little late, and a grid is made of small bursts: neither may slow a catch-up down.
        catchUpSlack = max(grid, min(catchUpSpacing / 4, .microseconds(100)))
    }

    /// The last arrivals of a bounded run may wait a moment for the connections of those just before them.
    func lastStart(_ stop: Instant) -> Instant { stop + tick }

    /// Of an arrival that nobody has tried to start yet.
    mutating func verdict(_ intended: Instant, _ moment: Moment) -> Verdict {
        if intended > moment.stop { return .over }
        guard intended <= moment.now else {
            isCatchingUp = false
            return .ahead
        }
        let age = moment.now - intended
        if age > tick { isCatchingUp = true }
        if age > ageMax { return .drop(reason(intended, overdue: age - ageMax, moment)) }
        guard isCatchingUp, moment.now < nextCatchUp else { return .start }
        guard lastStart(moment.stop) < moment.now else {
            return wait(until: nextCatchUp, intended, moment)
        }
        let isHeld = moment.obstacle != nil || moment.saturatedUntil >= intended
        return .drop(isHeld ? reason(intended, overdue: .zero, moment) : .stopping)
    }

    /// Of an arrival that the transport would not start.
    /// - Parameters:
    ///   - moment: with the obstacle that the transport named.
    ///   - until: when that may be gone.
    func verdict(ofHeld intended: Instant, until: Instant, _ moment: Moment) -> Verdict {
        guard lastStart(moment.stop) < moment.now || neverWaits else {
            return wait(until: until, intended, moment)
        }
        return .drop(reason(intended, overdue: .zero, moment))
    }

    mutating func started(at actual: Instant) {
        nextCatchUp = max(nextCatchUp, actual - catchUpSlack) + catchUpSpacing
    }

    /// Comes back when the obstacle may be gone, the oldest arrival is too old, or the load stops.
    private func wait(until: Instant, _ intended: Instant, _ moment: Moment) -> Verdict {
        let expiry = intended + ageMax + .nanoseconds(1)
        return .wait(until: min(until, expiry, lastStart(moment.stop) + .nanoseconds(1)))
    }

    /// What held an arrival that is given up: we ourselves, if the worker cannot keep up or came long after the
    /// arrival's time was over. Then connections are in use only because nobody has read their answers.
    private func reason(
        _ intended: Instant, overdue: Nanoseconds, _ moment: Moment
    ) -> DropReason {
        guard let obstacle = moment.obstacle, moment.saturatedUntil < intended,
            overdue <= Self.overdueMax
        else { return .late }
        return DropReason(obstacle)
    }
}
