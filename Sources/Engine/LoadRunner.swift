import Config
import Measure
import Reactor
import Schedule
import Time
import Transport

/// One load on one worker: starts its arrivals when they are due, and takes in what ends.
///
/// The backlog is not a queue: it is all arrivals from the cursor to now. It is served oldest first; whatever grows
/// older than `limits.late` is dropped with what held it up.
final class LoadRunner {
    let cell: LoadCell
    let transport: any HTTPTransport
    private let settings: LoadSettings
    private var cursor: ArrivalCursor?

    private var base = Instant.distantFuture
    private var stop = Instant.distantFuture
    /// When `startDue` next has something to do.
    private(set) var wake = Instant.distantFuture
    /// What holds up the head of the backlog; nil while nothing but our own lateness does.
    private(set) var obstacle: Obstacle?
    private(set) var inFlight = 0
    private(set) var isStopped = false

    /// Older than this, a due arrival is part of a catch-up.
    private let tick: Nanoseconds
    /// From the moment when the backlog's head is older than a tick until the backlog is empty.
    private var isCatchingUp = false
    private let catchUpSpacing: Nanoseconds
    private let catchUpSlack: Nanoseconds
    private var nextCatchUp = Instant.distantPast
    private let expected: StatusBits
    private let arrivalsPerSecond: Double
    private var pausedUntil = Instant.distantPast
    /// Arrivals from this number on are not intended.
    private let indexMax: UInt64
    /// At most so many requests of this worker's part are in flight.
    private let inFlightMax: Int
    /// How many requests a closed loop may still start on this worker.
    private var startsLeft: UInt64
    private let onFailure: (Outcome, String) -> Void
    private var lastReport = Outcome.allCases.map { _ in Instant.distantPast }

    /// An arrival noticed later than this by its own worker is the generator's fault.
    static let noticeMax = Nanoseconds.milliseconds(2)
    /// Longer than the pauses that a healthy virtual machine has now and then.
    static let stallMin = Nanoseconds.milliseconds(25)
    /// After a failure a closed loop waits this long, or a dead target would make it spin.
    private static let closedLoopPause = Nanoseconds.milliseconds(10)

    /// - Parameter onFailure: hears of a failure in words, at most once a second for each outcome.
    init(
        plan: LoadPlan, index: Int, requestsMax: UInt64 = .max, cell: LoadCell,
        transport: any HTTPTransport,
        onFailure: @escaping (Outcome, String) -> Void
    ) {
        settings = plan.settings
        indexMax = requestsMax
        inFlightMax = plan.transportOptions(index: index).inFlight
        let workers = UInt64(plan.workers.count)
        startsLeft = requestsMax / workers + (UInt64(index) < requestsMax % workers ? 1 : 0)
        self.onFailure = onFailure
        expected = StatusBits(plan.settings.expect)
        self.cell = cell
        self.transport = transport
        cursor = plan.schedule?.cursor(worker: index)
        let grid = plan.schedule?.pacing.grid ?? .zero
        tick = max(.milliseconds(1), grid)
        if let schedule = plan.schedule {
            let rate = schedule.shape.peak.perSecond / Double(schedule.workers)
            arrivalsPerSecond = rate
            catchUpSpacing = Nanoseconds(
                Int64(1e9 / (rate * Double(plan.settings.limits.catchUp))))
            // Wake-ups are a little late, and a grid is made of small bursts: neither may slow a catch-up down.
            catchUpSlack = max(grid, min(catchUpSpacing / 4, .microseconds(100)))
        } else {
            arrivalsPerSecond = 0
            catchUpSpacing = .zero
            catchUpSlack = .zero
        }
    }

    // MARK: Life

    /// - Parameter stop: arrivals after this instant are not intended any more.
    func begin(at base: Instant, stop: Instant) {
        self.base = base
        self.stop = stop
        wake = base + (cursor?.intendedStart ?? .zero)
    }

    func stop(at instant: Instant, now: Instant) {
        stop = min(stop, instant)
        if base == .distantFuture { isStopped = true }
        if !isStopped { wake = now }
    }

    var isDrained: Bool { isStopped && inFlight == 0 }

    // MARK: Starting

    /// Starts, or drops, all that is due.
    /// - Parameter mayOpen: false while answers may wait uncollected, which could free a connection.
    /// - Returns: false when it stopped for want of a new connection: collect answers, then try again.
    func startDue(now: Instant, mayOpen: Bool) -> Bool {
        guard base <= now, !isStopped else { return true }
        guard cursor != nil else { return startClosedLoop(now: now, mayOpen: mayOpen) }
        noteLateness(now)
        while let cursor {
            let intended = base + cursor.intendedStart
            if intended > stop || cursor.index >= indexMax {
                isStopped = true
                wake = .distantFuture
                return true
            }
            if intended > now {
                obstacle = nil
                isCatchingUp = false
                wake = intended
                return true
            }
            let age = now - intended
            if age > tick { isCatchingUp = true }
            if age > max(settings.limits.late, tick) {
                drop(obstacle.map { DropReason($0) } ?? .late)
            } else if isCatchingUp, now < nextCatchUp {
                if lastStart < now { drop(.stopping) } else { return wait(nextCatchUp, intended) }
            } else {
                switch transport.start(intended: intended, now: now, mayOpen: mayOpen) {
                case .started(let actual): started(intended, actual)
                case .wantsConnection: return false
                case .held(let by, let until):
                    obstacle = by
                    if lastStart < now {
                        drop(DropReason(by))
                    } else if settings.limits.late == .zero {
                        drop(DropReason(by))
                    } else {
                        return wait(until, intended)
                    }
                }
            }
        }
        return true
    }

    /// Comes back when the obstacle may be gone, the oldest arrival is too old, or the load stops.
    private func wait(_ until: Instant, _ intended: Instant) -> Bool {
        let expiry = intended + max(settings.limits.late, tick) + .nanoseconds(1)
        wake = min(until, expiry, lastStart + .nanoseconds(1))
        return true
    }

    /// The last arrivals of a bounded run may wait a moment for the connections of those just before them.
    private var lastStart: Instant { stop + tick }

    private func started(_ intended: Instant, _ actual: Instant) {
        cell.sent.add()
        inFlight += 1
        let delay = actual - intended
        cell.startDelay.record(delay)
        cell.fineStartDelay.record(delay)
        nextCatchUp = max(nextCatchUp, actual - catchUpSlack) + catchUpSpacing
        cursor?.advance()
    }

    private func drop(_ reason: DropReason) {
        cell.dropped.add(at: Int(reason.rawValue))
        cursor?.advance()
    }

    private func noteLateness(_ now: Instant) {
        guard obstacle == nil, wake < now, now - wake > Self.noticeMax else { return }
        cell.noticedLate.add(max(1, UInt64((now - wake).seconds * arrivalsPerSecond)))
        if now - wake > Self.stallMin { cell.stalls.add() }
    }

    /// `rate: max`: a request starts as soon as a connection is free for it.
    private func startClosedLoop(now: Instant, mayOpen: Bool) -> Bool {
        if stop < now || startsLeft == 0 {
            isStopped = true
            wake = .distantFuture
            return true
        }
        wake = min(pausedUntil, stop + .nanoseconds(1))
        guard pausedUntil <= now else { return true }
        for _ in 0..<inFlightMax {
            switch transport.start(intended: now, now: now, mayOpen: mayOpen) {
            case .started:
                cell.sent.add()
                inFlight += 1
                cell.startDelay.record(.zero)
                cell.fineStartDelay.record(.zero)
                startsLeft -= 1
                if startsLeft == 0 { return startClosedLoop(now: now, mayOpen: mayOpen) }
            case .wantsConnection: return false
            case .held(_, let until):
                wake = min(until, stop + .nanoseconds(1))
                return true
            }
        }
        // Some may have failed at once, and their ends, which bring the pause, are taken in between turns.
        wake = now
        return true
    }

    // MARK: Ending

    func ended(_ completion: Completion) {
        var completion = completion
        if cursor == nil { completion.intendedStart = completion.actualStart }
        if completion.isHop {
            cell.hops.add()
            cell.sent.add()
        } else {
            inFlight -= 1
        }
        var outcome = completion.outcome
        if outcome == .ok, !completion.isHop, !expected.contains(completion.status) {
            outcome = .status
        }
        cell.record(completion, as: outcome)
        if outcome != .ok { describe(completion, outcome) }
        if isStopped { return }
        if cursor == nil, completion.status == 0 {
            pausedUntil = completion.end + Self.closedLoopPause
        }
        // What ended may have been what the next one waits for.
        if cursor == nil || obstacle != nil { wake = .distantPast }
    }

    private func describe(_ completion: Completion, _ outcome: Outcome) {
        let last = lastReport[Int(outcome.rawValue)]
        guard completion.end - last >= .seconds(1), outcome != .canceled else { return }
        lastReport[Int(outcome.rawValue)] = completion.end
        let text =
            outcome == .status ? "status \(completion.status)" : transport.describe(completion)
        onFailure(outcome, text)
    }

    func cancelAll(now: Instant) { transport.cancelAll(now: now) }

    // MARK: What the worker asks for

    var isClosedLoop: Bool { cursor == nil }

    /// Whether answers may wait in the kernel until the next arrival.
    var toleratesLateReceive: Bool {
        inFlight == 0 || (cursor != nil && obstacle == nil && transport.toleratesLateReceive)
    }

    func publishConnections() {
        let counts = transport.connections
        cell.connecting.set(Int64(counts.connecting))
        cell.idle.set(Int64(counts.idle))
        cell.active.set(Int64(counts.active))
    }
}

/// A set of status codes as bits, asked once per request.
struct StatusBits {
    private var bits = InlineArray<10, UInt64>(repeating: 0)

    init(_ set: StatusSet) {
        for code in UInt16(0)..<640 where set.contains(code) {
            bits[Int(code >> 6)] |= 1 << UInt64(code & 63)
        }
    }

    func contains(_ status: UInt16) -> Bool {
        status < 640 && bits[Int(status >> 6)] >> UInt64(status & 63) & 1 == 1
    }
}
