import Config
import Measure
import Schedule
import Testing
import Time
import Transport

@testable import Engine

/// When a load lets its answers wait in the kernel, and when it wants each at once.
@Suite struct LateAnswerTests {
    @Test(arguments: [(1_000, true), (999, false)] as [(UInt64, Bool)])
    func `answers wait where the next arrival comes within a millisecond`(
        _ rate: UInt64, _ waits: Bool
    ) {
        let simulation = Simulation(.test(perSecond: rate)) { _ in .microseconds(300) }
        simulation.run(for: .seconds(1))
        #expect(simulation.sent == rate)
        // The last one has no arrival behind it.
        #expect(simulation.targets[0].readLate == (waits ? rate - 1 : 0))
    }

    @Test(arguments: [(999, 1, false), (1_000, 1, true), (1_999, 2, false), (2_000, 2, true)])
    func `whether answers may wait follows from the mean rate of a worker`(
        _ rate: Int, _ workers: Int, _ may: Bool
    ) {
        for arrivals in [Arrivals.uniform, .poisson] {
            let simulation = Simulation(
                .test(perSecond: UInt64(rate)) { $0.arrivals = arrivals },
                workers: .exactly(workers)
            ) { _ in .microseconds(300) }
            #expect(simulation.plan.mayReceiveLate == may)
            #expect(simulation.plan.transportOptions(index: 0).receivesLate == may)
            simulation.run(for: .seconds(1))
            #expect((simulation.targets[0].readLate > 0) == may)
        }
    }

    @Test func `a closed loop never lets an answer wait`() {
        let simulation = Simulation(.test(.max)) { _ in .microseconds(300) }
        #expect(!simulation.plan.mayReceiveLate)
    }

    @Test func `an answer that nothing follows is heard at once`() {
        let simulation = Simulation(.test(perSecond: 1_000)) { _ in .microseconds(300) }
        simulation.run(for: .milliseconds(10))
        #expect(simulation.completed == 10)
        #expect(simulation.now == simulation.base + .milliseconds(9) + .microseconds(800))
    }

    @Test func `while something is held up no answer waits, not even an earlier one`() {
        let simulation = Simulation(
            .test(perSecond: 1_000) {
                $0.limits.connections = 1
                $0.limits.late = .milliseconds(100)
            }
        ) { _ in .milliseconds(5) }
        simulation.run(for: .seconds(1))
        let starts = simulation.targets[0].starts
        let gaps = zip(starts, starts.dropFirst()).map { $1 - $0 }
        #expect(gaps.allSatisfy { $0 == .milliseconds(5) })
        // The last one within the tick that a stop leaves to what is due.
        #expect(simulation.sent == 201)
        #expect(simulation.targets[0].readLate == 0)
    }

    @Test func `a load that is told so lets no answer wait`() {
        let simulation = Simulation(
            .test(perSecond: 1_000), receivesLate: false
        ) { _ in .microseconds(300) }
        simulation.run(for: .seconds(1))
        #expect(simulation.completed == 1_000)
        #expect(simulation.targets[0].readLate == 0)
    }
}
