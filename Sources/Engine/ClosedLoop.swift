import Measure
import Reactor
import Time
import Transport

/// Who of a closed loop's callers may ask next. A caller whose request failed without an answer rests for a moment, or
/// a dead target would make the loop spin; but each answer pays for one failure, so that a target which fails now and
/// then is asked as fast as it answers, and one dead address of two is asked no oftener than the living one.
struct ClosedLoop {
    static let rest = Nanoseconds.milliseconds(10)
    private static let creditMin = 8

    private let callers: Int
    private let creditMax: Int
    private var credit: Int
    /// When each resting caller goes on, in a ring of as many places as there are callers.
    private var ends: [Instant]
    private var first = 0
    private var resting = 0

    init(callers: Int) {
        self.callers = callers
        creditMax = max(Self.creditMin, callers)
        credit = creditMax
        ends = Array(repeating: .distantPast, count: callers)
    }

    /// How many callers neither wait for an answer nor rest.
    /// - Parameter inFlight: how many wait for an answer.
    mutating func ready(at now: Instant, inFlight: Int) -> Int {
        while resting > 0, ends[first] <= now {
            first = (first + 1) % callers
            resting -= 1
        }
        return callers - inFlight - resting
    }

    /// When the next resting caller goes on.
    var nextEnd: Instant { resting > 0 ? ends[first] : .distantFuture }

    /// - Parameter hasAnswer: whether anything that is HTTP came back.
    mutating func ended(hasAnswer: Bool, at end: Instant) {
        if hasAnswer {
            credit = min(credit + 1, creditMax)
        } else if credit > 0 {
            credit -= 1
        } else {
            ends[(first + resting) % callers] = end + Self.rest
            resting += 1
        }
    }
}

/// Starting without a schedule.
extension LoadRunner {
    /// `rate: max`: a request starts as soon as a connection is free for it.
    func startClosedLoop(now: Instant, mayOpen: Bool) -> Starting {
        if stop < now || startsLeft == 0 {
            end()
            return .done
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
                wake = .atOnce
                return .wantsConnection
            case .held(_, let until):
                wake = min(wake, until)
                return .done
            }
        }
        return .done
    }
}
