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
    var stop = Instant.distantFuture
    /// When `startDue` next has something to do; `atOnce` when something has.
    var wake = Instant.distantFuture
    /// What holds up the head of the backlog; nil while nothing but our own lateness does.
    private(set) var obstacle: Obstacle?
    var inFlight = 0
    private(set) var isStopped = false

    private var policy: StartPolicy
    private let expected: StatusBits
    private let arrivalsPerSecond: Double
    var closedLoop: ClosedLoop
    /// Arrivals from this number on are not intended.
    private let indexMax: UInt64
    /// How many requests a closed loop may still start on this worker.
    var startsLeft: UInt64
    /// Whether answers may wait in the kernel for the next arrival.
    let receivesLate: Bool
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
        transport: any HTTPTransport, receivesLate: Bool,
        onFailure: @escaping (Outcome, String) -> Void
    ) {
        settings = plan.settings
        indexMax = requestsMax
        closedLoop = ClosedLoop(callers: plan.transportOptions(index: index).inFlight)
        self.receivesLate = receivesLate
        let workers = UInt64(plan.workers.count)
        startsLeft = requestsMax / workers + (UInt64(index) < requestsMax % workers ? 1 : 0)
        self.onFailure = onFailure
        expected = StatusBits(plan.settings.expect)
        self.cell = cell
        self.transport = transport
        cursor = plan.schedule?.cursor(worker: index)
        policy = StartPolicy(plan.settings.limits, plan.schedule)
        arrivalsPerSecond =
            plan.schedule.map { $0.shape.peak.perSecond / Double($0.workers) } ?? 0
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

    func end() {
        isStopped = true
        wake = .distantFuture
    }

    var isDrained: Bool { isStopped && inFlight == 0 }

    // MARK: Starting

    /// What became of all that was due.
    enum Starting {
        /// It was started or dropped, or waits for its time.
        case done
        /// It waits for a connection that an answer may free: collect them, then try again.
        case wantsConnection
    }

    /// Starts, or drops, all that is due.
    /// - Parameters:
    ///   - mayOpen: false while answers may wait uncollected, which could free a connection.
    ///   - saturatedUntil: until when the worker could not keep up: what was due by then and is dropped is its fault.
    func startDue(
        now: Instant, mayOpen: Bool, saturatedUntil: Instant = .distantPast
    ) -> Starting {
        guard base <= now, !isStopped else { return .done }
        noteLateness(now)
        guard cursor != nil else { return startClosedLoop(now: now, mayOpen: mayOpen) }
        var moment = StartPolicy.Moment(
            now: now, stop: stop, saturatedUntil: saturatedUntil, obstacle: obstacle)
        while let cursor, cursor.index < indexMax {
            let intended = base + cursor.intendedStart
            switch policy.verdict(intended, moment) {
            case .over:
                end()
                return .done
            case .ahead:
                obstacle = nil
                wake = intended
                return .done
            case .wait(let until):
                wake = until
                return .done
            case .drop(let reason): drop(reason)
            case .start:
                var next = cursor
                next.advance()
                switch start(intended, now, mayOpen, next: base + next.intendedStart) {
                case .started(let actual): started(intended, actual, next)
                case .wantsConnection:
                    wake = .atOnce
                    return .wantsConnection
                case .held(let by, let until):
                    obstacle = by
                    moment.obstacle = by
                    switch policy.verdict(ofHeld: intended, until: until, moment) {
                    case .drop(let reason): drop(reason)
                    case .wait(let until):
                        wake = until
                        return .done
                    case .start, .ahead, .over: break
                    }
                }
            }
        }
        end()
        return .done
    }

    private func start(
        _ intended: Instant, _ now: Instant, _ mayOpen: Bool, next: Instant
    ) -> StartResult {
        // While something is held up, every answer counts at once.
        let isAwake = receivesLate && obstacle == nil && next <= now + Self.lateReceiveMax
        return transport.start(
            intended: intended, now: now, mayOpen: mayOpen, receivesLate: isAwake)
    }

    private func started(_ intended: Instant, _ actual: Instant, _ next: ArrivalCursor) {
        cell.sent.add()
        inFlight += 1
        let delay = actual - intended
        cell.startDelay.record(delay)
        cell.fineStartDelay.record(delay)
        policy.started(at: actual)
        cursor = next
    }

    private func drop(_ reason: DropReason) {
        cell.dropped.add(at: Int(reason.rawValue))
        cursor?.advance()
    }

    /// The worker was to be awake at `wake`: when it comes later than that, it is its own fault, whatever else holds
    /// the load up.
    private func noteLateness(_ now: Instant) {
        guard wake != .atOnce, now - wake > Self.noticeMax else { return }
        cell.noticedLate.add(max(1, UInt64((now - wake).seconds * arrivalsPerSecond)))
        if now - wake > Self.stallMin { cell.stalls.add() }
    }

    // MARK: Ending

    func ended(_ completion: Exchange) {
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
        if cursor == nil || obstacle != nil { wake = .atOnce }
    }

    private func describe(_ completion: Exchange, _ outcome: Outcome) {
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
