import Config
import Measure
import Schedule
import Testing
import Time
import Transport

@testable import Engine

@Suite struct LoadRunnerTests {
    @Test func `a healthy target gets every arrival at its own instant`() {
        let serviceTime: (Instant) -> Nanoseconds = { _ in .milliseconds(1) }
        let simulation = Simulation(.test(perSecond: 200), serviceTime: serviceTime)
        simulation.run(for: .seconds(30))
        #expect(simulation.sent == 6_000)
        #expect(simulation.completed == 6_000)
        #expect(simulation.droppedTotal == 0)
        // Arrival n starts half an interval after n intervals.
        let offsets = simulation.targets[0].starts.map { ($0 - simulation.base).count }
        #expect(offsets == (0..<6_000).map { 2_500_000 + $0 * 5_000_000 })
    }

    @Test func `a target that stands still for a second is seen by everyone who waits for it`() {
        // 500/s for 20 s, frozen from 10 s to 11 s, 10 connections.
        let freeze = Instant(nanoseconds: 11_000_000_000)...Instant(nanoseconds: 12_000_000_000)
        let serviceTime: (Instant) -> Nanoseconds = { now in
            freeze.contains(now) ? freeze.upperBound - now : .microseconds(100)
        }
        let settings = LoadSettings.test(perSecond: 500) {
            $0.limits.connections = 10
            $0.limits.late = .seconds(2)
            $0.limits.catchUp = 4
        }
        let simulation = Simulation(settings, serviceTime: serviceTime)
        simulation.run(for: .seconds(20))
        #expect(simulation.sent == 10_000)
        #expect(simulation.droppedTotal == 0)
        let p99 = simulation.response.quantile(0.99) ?? .zero
        #expect(p99 >= .milliseconds(800) && p99 <= .milliseconds(900), "p99 \(p99)")
        // Waiting for others is not our lateness.
        #expect(simulation.cells[0].noticedLate.value == 0)
        let delayed = simulation.delays(above: .milliseconds(1))
        #expect(delayed >= 634 && delayed <= 700, "\(delayed) delayed")
    }

    @Test func `a catch-up keeps its distance`() {
        let freeze = Instant(nanoseconds: 2_000_000_000)...Instant(nanoseconds: 3_000_000_000)
        let serviceTime: (Instant) -> Nanoseconds = { _ in .microseconds(50) }
        let simulation = Simulation(
            .test(perSecond: 500) {
                $0.limits.connections = 2_000
                $0.limits.late = .seconds(5)
            }, serviceTime: serviceTime)
        simulation.stalls = [freeze]
        simulation.run(for: .seconds(5))
        #expect(simulation.sent == 2_500)
        let after = simulation.targets[0].starts.filter { $0 > freeze.upperBound }
        let gaps = zip(after, after.dropFirst()).map { $1 - $0 }
        // 1 / (4 x 500/s), less a quarter that makes up for late wake-ups.
        #expect(gaps.min()! >= .microseconds(375), "\(gaps.min()!)")
        let firstTenth = after.prefix { $0 < freeze.upperBound + .milliseconds(100) }
        #expect(firstTenth.count <= 201, "\(firstTenth.count) sends in 100 ms at 2000/s")
    }

    @Test func `what is too old is dropped with what held it`() {
        let serviceTime: (Instant) -> Nanoseconds = { _ in .seconds(100) }
        let simulation = Simulation(
            .test(perSecond: 100) {
                $0.limits.connections = 4
                $0.limits.late = .milliseconds(500)
            }, serviceTime: serviceTime)
        simulation.run(for: .seconds(10))
        #expect(simulation.sent == 4)
        #expect(simulation.dropped(.connections) == 996)
        #expect(simulation.droppedTotal == 996)
    }

    @Test func `an own stall drops as late and is noticed`() {
        let stall = Instant(nanoseconds: 3_000_000_000)...Instant(nanoseconds: 6_000_000_000)
        let serviceTime: (Instant) -> Nanoseconds = { _ in .milliseconds(1) }
        let simulation = Simulation(.test(perSecond: 100), serviceTime: serviceTime)
        simulation.stalls = [stall]
        simulation.run(for: .seconds(10))
        #expect(simulation.dropped(.late) > 190)
        #expect(simulation.dropped(.late) == simulation.droppedTotal)
        #expect(simulation.sent + simulation.droppedTotal == 1_000)
        #expect(simulation.cells[0].noticedLate.value >= 299)
        #expect(simulation.cells[0].stalls.value == 1)
    }

    @Test func `a pause of a few milliseconds is noticed but no stall`() {
        let pause = Instant(nanoseconds: 3_004_000_000)...Instant(nanoseconds: 3_009_000_000)
        let simulation = Simulation(.test(perSecond: 100)) { _ in .milliseconds(1) }
        simulation.stalls = [pause]
        simulation.run(for: .seconds(10))
        #expect(simulation.sent == 1_000)
        #expect(simulation.cells[0].noticedLate.value == 1)
        #expect(simulation.cells[0].stalls.value == 0)
    }

    @Test func `late 0s drops at once what cannot start at once`() {
        let serviceTime: (Instant) -> Nanoseconds = { _ in .milliseconds(95) }
        let simulation = Simulation(
            .test(perSecond: 100) {
                $0.limits.connections = 1
                $0.limits.late = .zero
            }, serviceTime: serviceTime)
        simulation.run(for: .seconds(1))
        #expect(simulation.sent == 10)
        #expect(simulation.dropped(.connections) == 90)
        #expect(simulation.startDelay.sum == 0)
    }

    @Test func `a closed loop intends what it sends`() {
        let serviceTime: (Instant) -> Nanoseconds = { _ in .milliseconds(10) }
        let simulation = Simulation(
            .test(.max) { $0.limits.connections = 8 }, workers: .exactly(1),
            serviceTime: serviceTime)
        simulation.run(for: .seconds(1))
        #expect(simulation.sent == simulation.completed)
        #expect((800...808).contains(simulation.sent), "\(simulation.sent)")
        #expect(simulation.droppedTotal == 0)
        #expect(simulation.startDelay.sum == 0)
    }

    @Test func `a closed loop does not spin on a dead target`() {
        let serviceTime: (Instant) -> Nanoseconds = { _ in
            .microseconds(20)
        }
        let simulation = Simulation(
            .test(.max) { $0.limits.connections = 4 }, workers: .exactly(1),
            outcome: { _ in .refused }, serviceTime: serviceTime)
        simulation.run(for: .seconds(1))
        #expect(simulation.sent <= 500, "\(simulation.sent) attempts in a second")
        #expect(simulation.sent >= 300)
    }

    @Test func `a load that has stopped asks for no further turn`() {
        let simulation = Simulation(.test(perSecond: 100)) { _ in .milliseconds(1) }
        simulation.run(for: .seconds(1))
        simulation.runners[0].stop(at: simulation.now)
        #expect(simulation.runners[0].wake == .distantFuture)
    }

    @Test func `a closed loop opens its connections as the connect rate allows`() {
        let simulation = Simulation(
            .test(.max) { $0.limits.connections = 4 }, workers: .exactly(1)
        ) { _ in .seconds(100) }
        simulation.targets[0].openingInterval = .milliseconds(50)
        simulation.run(for: .seconds(1))
        let offsets = simulation.targets[0].starts.map { $0 - simulation.base }
        #expect(offsets == [.zero, .milliseconds(50), .milliseconds(100), .milliseconds(150)])
    }

    @Test func `what once held a load up is not blamed for our own stall`() {
        let begin = Instant(nanoseconds: 1_000_000_000)
        let simulation = Simulation(
            .test(perSecond: 100) {
                $0.limits.connections = 1
                $0.limits.late = .milliseconds(100)
            }
        ) { now in now < begin + .milliseconds(10) ? .milliseconds(50) : .milliseconds(1) }
        simulation.stalls = [begin + .milliseconds(1_000)...begin + .milliseconds(1_120)]
        simulation.run(for: .seconds(2))
        #expect(simulation.startDelay.counts[0] < 200, "something was held up")
        #expect(simulation.dropped(.late) > 0)
        #expect(simulation.dropped(.late) == simulation.droppedTotal)
    }

    @Test func `behind a catch-up every arrival has its own instant again`() throws {
        let begin = Instant(nanoseconds: 1_000_000_000)
        let simulation = Simulation(
            .test(perSecond: 500) {
                ($0.arrivals, $0.seed) = (.poisson, 1)
                $0.limits.connections = 100
            }
        ) { _ in .microseconds(50) }
        simulation.stalls = [begin + .milliseconds(500)...begin + .milliseconds(520)]
        simulation.run(for: .seconds(5))
        #expect(simulation.droppedTotal == 0)
        var cursor = try #require(simulation.plan.schedule).cursor(worker: 0)
        for start in simulation.targets[0].starts {
            let intended = begin + cursor.intendedStart
            if intended > begin + .seconds(1) { #expect(start == intended) }
            cursor.advance()
        }
    }
}
