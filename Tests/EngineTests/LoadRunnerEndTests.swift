import Config
import Measure
import Schedule
import Testing
import Time
import Transport

@testable import Engine

/// Where a load ends: by its count, by its stop, and what becomes of what waits.
@Suite struct LoadRunnerEndTests {
    @Test(arguments: [RateSetting.open(Rate(requests: 100, per: .seconds(1))!), .max], [1, 3])
    func `a number of requests is kept to the last one`(_ rate: RateSetting, _ workers: Int) {
        let serviceTime: (Instant) -> Nanoseconds = { _ in .milliseconds(1) }
        for count in UInt64(10)...12 {
            let simulation = Simulation(
                .test(rate), workers: .exactly(workers), requestsMax: count,
                serviceTime: serviceTime)
            simulation.run(for: .seconds(10))
            #expect(simulation.sent == count)
            #expect(simulation.completed == count)
        }
    }

    @Test func `what is held is dropped when it is too old, not at the end`() {
        let simulation = Simulation(
            .test(perSecond: 100) {
                $0.limits.connections = 1
                $0.limits.late = .milliseconds(100)
            }
        ) { _ in .seconds(100) }
        var dropped: [Instant: UInt64] = [:]
        simulation.onStep = { dropped[$0.now] = $0.droppedTotal }
        simulation.run(for: .seconds(1))
        // Arrival n is due at 5 + 10 n ms, and too old a nanosecond after 100 ms.
        let late = simulation.base + .milliseconds(895) + .nanoseconds(1)
        #expect(dropped[late] == 79)
    }

    @Test func `a stop drops what is held a moment later`() {
        let simulation = Simulation(
            .test(perSecond: 100) {
                $0.limits.connections = 1
                $0.limits.late = .seconds(50)
            }
        ) { _ in .seconds(100) }
        var dropped: [Instant: UInt64] = [:]
        simulation.onStep = { dropped[$0.now] = $0.dropped(.connections) }
        simulation.run(for: .seconds(1))
        #expect(dropped[simulation.base + .milliseconds(1_001) + .nanoseconds(1)] == 99)
        #expect(simulation.sent == 1)
    }

    @Test func `a worker wakes for a stop, however far the next arrival is`() {
        let simulation = Simulation(.test(perSecond: 1)) { _ in .milliseconds(1) }
        let runner = simulation.runners[0]
        runner.begin(at: simulation.base, stop: .distantFuture)
        runner.stop(at: simulation.base + .milliseconds(100))
        #expect(runner.wake == simulation.base + .milliseconds(100) + .nanoseconds(1))
    }

    @Test func `a later stop puts no earlier one off`() {
        let simulation = Simulation(.test(perSecond: 100)) { _ in .milliseconds(1) }
        simulation.grounds[0].send(.stop(at: simulation.base + .seconds(2)))
        simulation.run(for: .seconds(1))
        #expect(simulation.sent == 100)
    }

    @Test func `what has ended does not begin`() {
        let simulation = Simulation(.test(perSecond: 100)) { _ in .milliseconds(1) }
        let runner = simulation.runners[0]
        runner.stop(at: simulation.base)
        runner.begin(at: simulation.base, stop: .distantFuture)
        #expect(runner.isDrained && runner.wake == .distantFuture)
    }

    @Test func `a cancel drops what was due by the stop, each once, with what held it`() {
        for (requestsMax, dropped) in [(UInt64.max, UInt64(100)), (50, 49)] {
            let simulation = Simulation(
                .test(perSecond: 100) { $0.limits.connections = 1 }, requestsMax: requestsMax
            ) { _ in .seconds(1_000) }
            let (runner, base) = (simulation.runners[0], simulation.base)
            runner.begin(at: base, stop: .distantFuture)
            for time in [Nanoseconds.milliseconds(5), .milliseconds(15)] {
                #expect(runner.startDue(now: base + time, mayOpen: true) == .done)
            }
            #expect(runner.obstacle == .connections)
            // Arrival 100 is due just then.
            let stop = base + .milliseconds(1_005)
            runner.stop(at: stop)
            runner.cancel(now: stop)
            #expect(simulation.targets[0].isCanceled)
            #expect(simulation.sent == 1)
            #expect(simulation.dropped(.connections) == dropped)
            #expect(simulation.droppedTotal == dropped)
            #expect(runner.isStopped)
            #expect(runner.wake == .distantFuture)
        }
    }

    @Test func `the last burst of a grid gets the connections of its own first requests`() {
        let simulation = Simulation(
            .test(perSecond: 1_000) {
                $0.pacing = .grid(.milliseconds(10))
                $0.limits.connections = 5
            }
        ) { _ in .microseconds(200) }
        simulation.run(for: .milliseconds(100))
        #expect(simulation.sent == 100)
    }

    @Test func `a stop ends a catch-up`() {
        let simulation = Simulation(
            .test(perSecond: 100) { $0.limits.catchUp = 1 }
        ) { _ in .microseconds(50) }
        simulation.stalls = [
            Instant(nanoseconds: 1_500_000_000)...Instant(nanoseconds: 1_950_000_000)
        ]
        simulation.run(for: .seconds(1))
        #expect(simulation.dropped(.stopping) >= 40)
        #expect(simulation.dropped(.stopping) == simulation.droppedTotal)
        #expect(simulation.sent + simulation.droppedTotal == 100)
        let last = simulation.targets[0].starts.last ?? .distantPast
        #expect(last <= simulation.base + .seconds(1))
    }

    @Test func `a stop drops what waits for a connection as that, even just after one was free`() {
        // The answer of the only connection comes just before the stop; the next catch-up start is 2.5 ms behind it.
        let simulation = Simulation(
            .test(perSecond: 100) { $0.limits.connections = 1 }
        ) { $0 < Instant(nanoseconds: 1_100_000_000) ? .microseconds(994_500) : .seconds(100) }
        simulation.run(for: .seconds(1))
        #expect(simulation.sent == 2)
        #expect(simulation.dropped(.connections) == simulation.droppedTotal)
        #expect(simulation.droppedTotal == 98)
    }

    @Test func `a stop drops as late what a worker that cannot keep up has not sent`() {
        let simulation = Simulation(
            .test(perSecond: 100) { $0.limits.catchUp = 1 }
        ) { _ in .microseconds(50) }
        let runner = simulation.runners[0]
        let start = simulation.base
        runner.begin(at: start, stop: start + .seconds(1))
        for instant in [start + .milliseconds(500), start + .microseconds(1_001_500)] {
            _ = runner.startDue(now: instant, mayOpen: true, saturatedUntil: instant)
        }
        #expect(runner.isStopped)
        #expect(simulation.dropped(.late) == simulation.droppedTotal)
        #expect(simulation.droppedTotal >= 97)
    }

    @Test func `late 0s forgives a timer's tick`() {
        let simulation = Simulation(
            .test(perSecond: 100) { $0.limits.late = .zero }
        ) { _ in .microseconds(50) }
        // Around the arrival at 505 ms.
        simulation.stalls = [
            Instant(nanoseconds: 1_504_900_000)...Instant(nanoseconds: 1_505_800_000)
        ]
        simulation.run(for: .seconds(1))
        #expect(simulation.sent == 100)
        #expect(simulation.droppedTotal == 0)
    }

    @Test func `a followed redirect is an attempt beside its arrival`() {
        let simulation = Simulation(.test(perSecond: 100)) { _ in .milliseconds(1) }
        simulation.run(for: .milliseconds(10))
        let (runner, cell) = (simulation.runners[0], simulation.cells[0])
        var hop = Exchange()
        hop.isHop = true
        hop.status = 302
        hop.intendedStart = simulation.now
        hop.actualStart = simulation.now
        hop.end = simulation.now + .milliseconds(1)
        runner.ended(hop)
        #expect(cell.sent.value == 2)
        #expect(cell.hops.value == 1)
        #expect(runner.inFlight == 0)
        // The status that it came with is no arrival's last word, so `expect` does not judge it.
        #expect(cell.requests[Int(Outcome.ok.rawValue)] == 2)
        #expect(cell.requests[Int(Outcome.status.rawValue)] == 0)
    }

    @Test func `a failure is told at most once a second`() {
        var told: [Outcome] = []
        let simulation = Simulation(
            .test(perSecond: 100), outcome: { _ in .refused },
            onFailure: { outcome, _ in told.append(outcome) }
        ) { _ in .milliseconds(1) }
        simulation.run(for: .milliseconds(2_500))
        #expect(told == [.refused, .refused, .refused])
    }

    @Test func `a closed loop's response time is its service time`() {
        let simulation = Simulation(.test(.max)) { _ in .milliseconds(10) }
        simulation.run(for: .milliseconds(1))
        let cell = simulation.cells[0]
        let before = cell.ok.response.snapshot().sum
        var late = Exchange()
        late.intendedStart = simulation.base
        late.actualStart = simulation.base + .milliseconds(3)
        late.end = simulation.base + .milliseconds(10)
        late.status = 200
        simulation.runners[0].ended(late)
        #expect(cell.ok.response.snapshot().sum - before == 7_000_000)
    }

    @Test func `the gauges show each state's connections`() {
        let simulation = Simulation(.test(perSecond: 100)) { _ in .milliseconds(1) }
        simulation.targets[0].connections.connecting = 1
        simulation.targets[0].connections.idle = 2
        simulation.targets[0].connections.active = 3
        simulation.runners[0].publishConnections()
        let cell = simulation.cells[0]
        #expect([cell.connecting.value, cell.idle.value, cell.active.value] == [1, 2, 3])
    }

    @Test func `an event that repeats is due once a minute, each for itself`() {
        var log = FailureLog()
        let isDue = ["a", "a", "b"].map { log.isDue($0) }
        #expect(isDue == [true, false, true])
    }
}
