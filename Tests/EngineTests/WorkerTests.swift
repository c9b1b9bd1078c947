import Config
import Measure
import Schedule
import Testing
import Time
import Transport

@testable import Engine

/// A worker's turn, in virtual time.
@Suite struct WorkerTests {
    /// A load whose worker is stopped by another thread right before one of its steps.
    private static func stopped(
        beforeStep step: Int, workers: Int, pacing: PacingSetting, cancels: Bool = false,
        receivesLate: Bool = true,
        serviceTime: @escaping (Instant) -> Nanoseconds = { _ in .microseconds(300) }
    ) -> (Simulation, intended: UInt64) {
        let settings = LoadSettings.test(perSecond: 2_000) {
            $0.pacing = pacing
            $0.limits.connections = 4
        }
        let simulation = Simulation(
            settings, workers: .exactly(workers), receivesLate: receivesLate,
            serviceTime: serviceTime)
        for ground in simulation.grounds {
            // Time passes between any two steps, so that an arrival can come due there.
            ground.stepTime = .microseconds(20)
            ground.onStep = { [unowned simulation] ground in
                guard simulation.end == simulation.base + .seconds(1) else { return }
                let steps = simulation.grounds.reduce(0) { $0 + $1.steps }
                guard steps == step else { return }
                let now = simulation.grounds.map(\.time).max() ?? ground.time
                simulation.stop(at: now)
                if cancels { simulation.cancel() }
            }
        }
        simulation.run(for: .seconds(1))
        var counter = IntendedCounter(simulation.plan.schedule!)
        let time = simulation.end - simulation.base
        return (simulation, time >= .zero ? counter.count(through: time) : 0)
    }

    @Test(arguments: [1, 2], [PacingSetting.precise, .grid(.milliseconds(2))])
    func `no stop is overrun, whenever it comes`(_ workers: Int, _ pacing: PacingSetting) {
        // The first step of each worker is its making.
        for step in workers..<500 {
            let (simulation, intended) = Self.stopped(
                beforeStep: step, workers: workers, pacing: pacing)
            #expect(simulation.end < simulation.base + .seconds(1))
            #expect(simulation.sent + simulation.droppedTotal == intended, "step \(step)")
            #expect(simulation.completed == simulation.sent, "step \(step)")
        }
    }

    @Test func `no stop is overrun by what starts as an answer comes`() {
        for step in 1..<500 {
            var answers: Int64 = 0
            // Now and then an arrival comes due between the end of a sleep and the reading of the clock behind it.
            let (simulation, intended) = Self.stopped(
                beforeStep: step, workers: 1, pacing: .precise, receivesLate: false
            ) { _ in
                answers += 1
                return .microseconds(380 + answers % 13 * 10)
            }
            #expect(simulation.sent + simulation.droppedTotal == intended, "step \(step)")
        }
    }

    @Test(arguments: [PacingSetting.precise, .grid(.milliseconds(100))])
    func `nothing starts after a cancel`(_ pacing: PacingSetting) {
        for step in 1..<200 {
            let (simulation, intended) = Self.stopped(
                beforeStep: step, workers: 1, pacing: pacing, cancels: true,
                serviceTime: { _ in .seconds(1_000) })
            #expect(simulation.sent + simulation.droppedTotal == intended, "step \(step)")
            #expect(simulation.completed == simulation.sent, "step \(step)")
            let last = simulation.targets[0].starts.last ?? .distantPast
            #expect(last <= simulation.end, "step \(step)")
        }
    }

    @Test func `a load that was stopped before it began intends nothing`() {
        let simulation = Simulation(.test(perSecond: 100)) { _ in .milliseconds(1) }
        let runner = simulation.runners[0]
        runner.begin(at: simulation.base, stop: .distantFuture)
        runner.stop(at: simulation.base - .milliseconds(1))
        #expect(runner.isDrained && runner.wake == .distantFuture)
        runner.cancel(now: simulation.base)
        #expect(simulation.droppedTotal == 0)
    }

    @Test func `answers are collected before a connection is opened`() {
        let simulation = Simulation(.test(perSecond: 1_000)) { _ in .milliseconds(1) }
        let (worker, ground) = (simulation.workers[0], simulation.grounds[0])
        simulation.runners[0].begin(at: simulation.base, stop: .distantFuture)
        ground.time = simulation.base + .microseconds(500)
        _ = worker.work(worker.takeIn)
        // The first answer and the second arrival come at once; nobody has read the answer yet.
        ground.time = simulation.base + .microseconds(1_500)
        _ = worker.work(worker.takeIn)
        let target = simulation.targets[0]
        #expect(target.starts.count == 2)
        #expect(target.refusedOpenings == 1)
        #expect(target.opened == 1)
    }

    @Test func `a late wake is noticed once, even if it must open connections`() {
        let simulation = Simulation(.test(perSecond: 1_000)) { _ in .seconds(1) }
        let (worker, ground) = (simulation.workers[0], simulation.grounds[0])
        simulation.runners[0].begin(at: simulation.base, stop: .distantFuture)
        ground.time = simulation.base + .microseconds(500)
        _ = worker.work(worker.takeIn)
        ground.time = simulation.base + .microseconds(11_500)
        _ = worker.work(worker.takeIn)
        #expect(simulation.targets[0].refusedOpenings == 1)
        #expect(simulation.cells[0].noticedLate.value == 10)
    }

    @Test func `a late wake is noticed while connections are wanting too`() {
        let simulation = Simulation(
            .test(perSecond: 1_000) {
                $0.limits.connections = 1
                $0.limits.late = .milliseconds(10)
            }
        ) { _ in .seconds(100) }
        simulation.stalls = [
            simulation.base + .milliseconds(500)...simulation.base + .milliseconds(540)
        ]
        simulation.run(for: .seconds(1))
        #expect((35...45).contains(simulation.cells[0].noticedLate.value))
        #expect(simulation.cells[0].stalls.value == 1)
    }

    @Test func `a worker tells when its turn began, and when it has to be awake`() {
        let simulation = Simulation(.test(perSecond: 1)) { _ in .milliseconds(1) }
        let (worker, ground) = (simulation.workers[0], simulation.grounds[0])
        let cell = simulation.workerCells[0]
        simulation.runners[0].begin(at: simulation.base, stop: .distantFuture)
        #expect(cell.awakeBy.value == Int64.max)
        var began: Int64 = 0
        ground.onStep = { _ in began = cell.awakeBy.value }
        ground.time = simulation.base + .milliseconds(10)
        let wake = worker.work(worker.takeIn)
        #expect(began == ground.time.nanoseconds)
        #expect(cell.awakeBy.value == wake.nanoseconds)
        #expect(wake == simulation.base + .milliseconds(500))
    }

    @Test func `mail is read in the turn that it wakes`() {
        let simulation = Simulation(.test(perSecond: 1)) { _ in .milliseconds(1) }
        let (worker, ground) = (simulation.workers[0], simulation.grounds[0])
        ground.send(.begin(load: 0, at: simulation.base, stop: .distantFuture))
        #expect(worker.work(worker.takeIn) == simulation.base + .milliseconds(500))
        ground.send(.exit)
        _ = worker.work(worker.takeIn)
        #expect(worker.exits)
    }

    @Test func `what all transports share has its deadline kept`() {
        let simulation = Simulation(.test(perSecond: 1)) { _ in .milliseconds(1) }
        let (worker, ground) = (simulation.workers[0], simulation.grounds[0])
        let due = simulation.base + .milliseconds(7)
        ground.nextDeadline = due
        #expect(worker.work(worker.takeIn) == due)
        #expect(ground.expiries.isEmpty)
        ground.time = due
        #expect(worker.work(worker.takeIn) == .distantFuture)
        #expect(ground.expiries == [due])
    }

    // MARK: Who is to blame

    @Test func `a worker that never sleeps takes the blame for what it drops`() {
        let simulation = Simulation(
            .test(perSecond: 20_000) {
                $0.limits.connections = 4
                $0.limits.late = .milliseconds(300)
            }, workers: .exactly(1)
        ) { _ in .microseconds(50) }
        simulation.grounds[0].stepTime = .microseconds(100)
        simulation.run(for: .seconds(2))
        #expect(simulation.droppedTotal > 10_000)
        #expect(simulation.dropped(.late) == simulation.droppedTotal)
        #expect(simulation.workerCells[0].saturated.value > 1_500_000_000)
    }

    @Test func `a slow target takes the blame for what it holds up`() {
        let simulation = Simulation(
            .test(perSecond: 20_000) {
                $0.limits.connections = 4
                $0.limits.late = .milliseconds(300)
            }, workers: .exactly(1)
        ) { _ in .milliseconds(5) }
        // Busy for a third of its time.
        simulation.grounds[0].stepTime = .microseconds(20)
        // The usual pauses of a virtual machine.
        simulation.stalls = [
            simulation.base + .milliseconds(900)...simulation.base + .milliseconds(904)
        ]
        simulation.run(for: .seconds(2))
        #expect(simulation.droppedTotal > 10_000)
        #expect(simulation.dropped(.connections) == simulation.droppedTotal)
        #expect(simulation.workerCells[0].saturated.value == 0)
    }

    @Test func `what a long stall of our own made too old is late, whatever held it before`() {
        let simulation = Simulation(
            .test(perSecond: 1_000) {
                $0.limits.connections = 2
                $0.limits.late = .milliseconds(100)
            }
        ) { _ in .milliseconds(3) }
        let stall = simulation.base + .seconds(1)...simulation.base + .seconds(2)
        simulation.stalls = [stall]
        var before = UInt64(0)
        var after = UInt64(0)
        simulation.onStep = {
            if $0.now < stall.lowerBound { before = $0.dropped(.late) }
            if after == 0, $0.now > stall.upperBound { after = $0.dropped(.late) }
        }
        simulation.run(for: .seconds(3))
        #expect(before == 0)
        // A second of arrivals, less the tenth that is not too old yet.
        #expect((870...1_000).contains(after), "\(after)")
    }

    @Test func `a closed loop goes on while one in a hundred fails`() {
        var count = 0
        let simulation = Simulation(
            .test(.max) { $0.limits.connections = 4 }, workers: .exactly(1),
            outcome: { _ in
                count += 1
                return count % 100 == 0 ? .reset : .ok
            }
        ) { _ in .microseconds(100) }
        simulation.run(for: .seconds(1))
        #expect(simulation.sent > 39_000, "\(simulation.sent)")
    }

    @Test func `a closed loop whose target refuses at once rests`() {
        let simulation = Simulation(
            .test(.max) { $0.limits.connections = 4 }, workers: .exactly(1),
            outcome: { _ in .refused }
        ) { _ in .zero }
        simulation.run(for: .seconds(1))
        #expect((300...500).contains(simulation.sent), "\(simulation.sent)")
    }

    @Test func `a limit on new connections holds up and is the reason`() {
        let simulation = Simulation(
            .test(perSecond: 100) { $0.limits.late = .milliseconds(200) },
            outcome: { _ in .reset }
        ) { _ in .milliseconds(1) }
        simulation.targets[0].openingInterval = .milliseconds(50)
        simulation.run(for: .seconds(5))
        #expect((95...105).contains(simulation.sent), "\(simulation.sent)")
        #expect(simulation.dropped(.connectRate) == simulation.droppedTotal)
        #expect(simulation.sent + simulation.droppedTotal == 500)
    }
}
