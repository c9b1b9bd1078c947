import Config
import Schedule
import Testing
import Time
import Transport

@testable import Engine

/// What becomes of a due arrival: verdicts follow from times and obstacles alone.
@Suite struct StartPolicyTests {
    private typealias Verdict = StartPolicy.Verdict
    private let due = Instant(nanoseconds: 1_000_000_000)

    /// 100/s on one worker, precisely; catching up at twice the rate.
    private func policy(late: Nanoseconds = .seconds(1)) -> StartPolicy {
        var limits = Limits()
        limits.late = late
        limits.catchUp = 2
        var configuration = Configuration()
        configuration.loads = [.test(perSecond: 100)]
        return StartPolicy(limits, GeneratorPlan(configuration, cores: 1).loads[0].schedule)
    }

    private func moment(
        after age: Nanoseconds, obstacle: Obstacle? = nil, stop: Instant = .distantFuture,
        saturatedUntil: Instant = .distantPast
    ) -> StartPolicy.Moment {
        .init(now: due + age, stop: stop, saturatedUntil: saturatedUntil, obstacle: obstacle)
    }

    @Test func `what is not due waits, what is due starts, what comes behind the end is not meant`()
    {
        var policy = policy()
        #expect(policy.verdict(due, moment(after: .nanoseconds(-1))) == .ahead)
        #expect(policy.verdict(due, moment(after: .zero)) == .start)
        let end = moment(after: .zero, stop: due - .nanoseconds(1))
        #expect(policy.verdict(due, end) == .over)
        // The end is a part of the load.
        #expect(policy.verdict(due, moment(after: .zero, stop: due)) == .start)
    }

    @Test func `an arrival is started up to its greatest age`() {
        var policy = policy(late: .milliseconds(300))
        #expect(policy.verdict(due, moment(after: .milliseconds(300))) == .start)
        let old = moment(after: .milliseconds(300) + .nanoseconds(1))
        #expect(policy.verdict(due, old) == .drop(.late))
        // Not even `late: 0s` drops what is due now.
        var strict = self.policy(late: .zero)
        #expect(strict.verdict(due, moment(after: .milliseconds(1))) == .start)
    }

    @Test(arguments: [
        (Obstacle.connections, DropReason.connections), (.inFlight, .inFlight),
        (.connectRate, .connectRate),
    ])
    func `what held it up is the reason of its drop`(obstacle: Obstacle, reason: DropReason) {
        var policy = policy(late: .milliseconds(10))
        let held = moment(after: .milliseconds(11), obstacle: obstacle)
        #expect(policy.verdict(due, held) == .drop(reason))
        // Unless we came long after its time was over.
        let overdue = moment(after: .milliseconds(36), obstacle: obstacle)
        #expect(policy.verdict(due, overdue) == .drop(.late))
        // Or could not keep up when it was due.
        let saturated = moment(after: .milliseconds(11), obstacle: obstacle, saturatedUntil: due)
        #expect(policy.verdict(due, saturated) == .drop(.late))
        let before = moment(
            after: .milliseconds(11), obstacle: obstacle, saturatedUntil: due - .nanoseconds(1))
        #expect(policy.verdict(due, before) == .drop(reason))
    }

    @Test func `a backlog is caught up at a bounded rate, until it is gone`() {
        var policy = policy()
        let late = moment(after: .milliseconds(100))
        #expect(policy.verdict(due, late) == .start)
        #expect(policy.isCatchingUp)
        policy.started(at: late.now)
        // Twice 100/s is one in 5 ms, less a slack of 0.1 ms.
        let next = late.now + .microseconds(4_900)
        #expect(policy.verdict(due + .milliseconds(10), late) == .wait(until: next))
        var then = late
        then.now = next
        #expect(policy.verdict(due + .milliseconds(10), then) == .start)
        #expect(policy.verdict(then.now + .nanoseconds(1), then) == .ahead)
        #expect(!policy.isCatchingUp)
    }

    @Test func `a wait ends when its arrival is too old, or the load is over`() {
        let policy = policy(late: .milliseconds(50))
        func wait(_ until: Nanoseconds, stop: Instant = .distantFuture) -> Verdict {
            policy.verdict(
                ofHeld: due, until: due + until,
                moment(after: .zero, obstacle: .connections, stop: stop))
        }
        #expect(wait(.milliseconds(7)) == .wait(until: due + .milliseconds(7)))
        let expiry = due + .milliseconds(50) + .nanoseconds(1)
        #expect(wait(.seconds(9)) == .wait(until: expiry))
        let end = due + .milliseconds(3)
        #expect(
            wait(.seconds(9), stop: end) == .wait(until: policy.lastStart(end) + .nanoseconds(1)))
    }

    @Test func `after the end, or with late at zero, what cannot start is dropped`() {
        let held = moment(
            after: .milliseconds(2), obstacle: .connections, stop: due + .nanoseconds(1))
        let verdict = policy().verdict(ofHeld: due, until: .distantFuture, held)
        #expect(verdict == .drop(.connections))
        let strict = policy(late: .zero)
        let now = moment(after: .zero, obstacle: .inFlight)
        #expect(strict.verdict(ofHeld: due, until: .distantFuture, now) == .drop(.inFlight))
    }
}
