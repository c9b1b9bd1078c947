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
    /// When `startDue` next has something to do; `distantPast` is at once.
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
    private var closedLoop: ClosedLoop
    /// Arrivals from this number on are not intended.
    private let indexMax: UInt64
    /// How many requests a closed loop may still start on this worker.
    private var startsLeft: UInt64
    /// Whether answers may wait in the kernel for the next arrival.
    private let receivesLate: Bool
    private let onFailure: (Outcome, String) -> Void
    private var lastReport = Outcome.allCases.map { _ in Instant.distantPast }

    /// An arrival noticed later than this by its own worker is the generator's fault.
    static let noticeMax = Nanoseconds.milliseconds(2)
    /// Longer than the pauses that a healthy virtual machine has now and then.
    static let stallMin = Nanoseconds.milliseconds(25)
    /// The longest that an answer may wait in the kernel for the next arrival.
    static let lateReceiveMax = Nanoseconds.milliseconds(1)

    /// - Parameter onFailure: hears of a failure in words, at most once a second for each outcome.
    init(
        plan: LoadPlan, index: Int, requestsMax: UInt64 = .max, cell: LoadCell,
        transport: any HTTPTransport, receivesLate: Bool = true,
        onFailure: @escaping (Outcome, String) -> Void
    ) {
        settings = plan.settings
        indexMax = requestsMax
        closedLoop = ClosedLoop(callers: plan.transportOptions(index: index).inFlight)
        self.receivesLate = receivesLate && plan.mayReceiveLate
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
        if isStopped { return }
        self.base = base
        wake = base + (cursor?.intendedStart ?? .zero)
        self.stop(at: stop)
    }

    /// Nothing is intended after this instant; what is due by then has a tick left to start.
    func stop(at instant: Instant) {
        stop = min(stop, instant)
        if isStopped { return }
        if stop < base { return end() }
        wake = min(wake, stop + .nanoseconds(1))
    }

    /// Starts nothing more, and ends what is in flight.
    /// - Precondition: it was told to stop, at an instant that has come.
    func cancel(now: Instant) {
        precondition(stop != .distantFuture, "a load is stopped before it is canceled")
        transport.cancelAll(now: now)
        if isStopped { return }
        while let cursor, base + cursor.intendedStart <= stop, cursor.index < indexMax {
            drop(obstacle.map { DropReason($0) } ?? .stopping)
        }
        end()
    }

    private func end() {
        isStopped = true
        wake = .distantFuture
    }

    var isDrained: Bool { isStopped && inFlight == 0 }

    // MARK: Starting

    /// Starts, or drops, all that is due.
    /// - Parameters:
    ///   - mayOpen: false while answers may wait uncollected, which could free a connection.
    ///   - saturatedUntil: until when the worker could not keep up: what was due by then and is dropped is its fault.
    /// - Returns: false when it stopped for want of a new connection: collect answers, then try again.
    func startDue(now: Instant, mayOpen: Bool, saturatedUntil: Instant = .distantPast) -> Bool {
        guard base <= now, !isStopped else { return true }
        noteLateness(now)
        guard cursor != nil else { return startClosedLoop(now: now, mayOpen: mayOpen) }
        while let cursor {
            let intended = base + cursor.intendedStart
            if intended > stop || cursor.index >= indexMax {
                end()
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
            if age > ageMax {
                drop(reason(intended, overdue: age - ageMax, saturatedUntil))
            } else if isCatchingUp, now < nextCatchUp {
                guard lastStart < now else { return wait(nextCatchUp, intended) }
                let isHeld = obstacle != nil || saturatedUntil >= intended
                drop(isHeld ? reason(intended, overdue: .zero, saturatedUntil) : .stopping)
            } else {
                var next = cursor
                next.advance()
                switch start(intended, now, mayOpen, next: base + next.intendedStart) {
                case .started(let actual): started(intended, actual, next)
                case .wantsConnection:
                    wake = .distantPast
                    return false
                case .held(let by, let until):
                    obstacle = by
                    guard lastStart < now || settings.limits.late == .zero else {
                        return wait(until, intended)
                    }
                    drop(reason(intended, overdue: .zero, saturatedUntil))
                }
            }
        }
        return true
    }

    private func start(
        _ intended: Instant, _ now: Instant, _ mayOpen: Bool, next: Instant
    ) -> StartResult {
        // While something is held up, every answer counts at once.
        let isAwake = receivesLate && obstacle == nil && next <= now + Self.lateReceiveMax
        return transport.start(
            intended: intended, now: now, mayOpen: mayOpen, receivesLate: isAwake)
    }

    /// The greatest age at which an arrival is still started.
    private var ageMax: Nanoseconds { max(settings.limits.late, tick) }

    /// What held an arrival that is too old: we ourselves, if the worker cannot keep up or came long after the
    /// arrival's time was over. Then connections are in use only because nobody has read their answers.
    private func reason(
        _ intended: Instant, overdue: Nanoseconds, _ saturatedUntil: Instant
    ) -> DropReason {
        guard let obstacle, saturatedUntil < intended, overdue <= Self.stallMin else {
            return .late
        }
        return DropReason(obstacle)
    }

    /// Comes back when the obstacle may be gone, the oldest arrival is too old, or the load stops.
    private func wait(_ until: Instant, _ intended: Instant) -> Bool {
        let expiry = intended + ageMax + .nanoseconds(1)
        wake = min(until, expiry, lastStart + .nanoseconds(1))
        return true
    }

    /// The last arrivals of a bounded run may wait a moment for the connections of those just before them.
    private var lastStart: Instant { stop + tick }

    private func started(_ intended: Instant, _ actual: Instant, _ next: ArrivalCursor) {
        cell.sent.add()
        inFlight += 1
        let delay = actual - intended
        cell.startDelay.record(delay)
        cell.fineStartDelay.record(delay)
        nextCatchUp = max(nextCatchUp, actual - catchUpSlack) + catchUpSpacing
        cursor = next
    }

    private func drop(_ reason: DropReason) {
        cell.dropped.add(at: Int(reason.rawValue))
        cursor?.advance()
    }

    /// The worker was to be awake at `wake`: when it comes later than that, it is its own fault, whatever else holds
    /// the load up.
    private func noteLateness(_ now: Instant) {
        guard wake != .distantPast, now - wake > Self.noticeMax else { return }
        cell.noticedLate.add(max(1, UInt64((now - wake).seconds * arrivalsPerSecond)))
        if now - wake > Self.stallMin { cell.stalls.add() }
    }

    /// `rate: max`: a request starts as soon as a connection is free for it.
    private func startClosedLoop(now: Instant, mayOpen: Bool) -> Bool {
        if stop < now || startsLeft == 0 {
            end()
            return true
        }
        let ready = closedLoop.ready(at: now, inFlight: inFlight)
        wake = min(closedLoop.nextEnd, stop + .nanoseconds(1))
        for _ in 0..<ready {
            switch transport.start(
                intended: now, now: now, mayOpen: mayOpen, receivesLate: false)
            {
            case .started:
                cell.sent.add()
                inFlight += 1
                cell.startDelay.record(.zero)
                cell.fineStartDelay.record(.zero)
                startsLeft -= 1
                if startsLeft == 0 { return startClosedLoop(now: now, mayOpen: mayOpen) }
            case .wantsConnection:
                wake = .distantPast
                return false
            case .held(_, let until):
                wake = min(wake, until)
                return true
            }
        }
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
        if cursor == nil {
            closedLoop.ended(hasAnswer: completion.status > 0, at: completion.end)
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

    // MARK: What the worker asks for

    var isClosedLoop: Bool { cursor == nil }

    /// Before the worker sleeps: no answer waits in the kernel for longer than to the next arrival, and none while
    /// something is held up.
    func boundLateReceive(_ now: Instant) {
        if obstacle != nil || wake > now + Self.lateReceiveMax { transport.receiveAtOnce() }
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
