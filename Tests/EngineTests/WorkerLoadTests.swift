import Config
import Measure
import Reactor
import Schedule
import Testing
import Time
import Transport

@testable import Engine

/// One worker that carries two loads, behind one that another worker carries.
@Suite struct WorkerLoadTests {
    private final class Ground {
        let base = Instant(nanoseconds: 1_000_000_000)
        let ground: SimulatedGround
        private(set) var targets: [SimulatedTarget] = []
        private(set) var runners: [LoadRunner] = []
        private(set) var worker: Worker<SimulatedGround>!
        private(set) var drained = 0

        /// - Parameter serviceTime: of both targets.
        init(_ serviceTime: Nanoseconds) {
            let ground = SimulatedGround(time: base)
            self.ground = ground
            var configuration = Configuration()
            configuration.workers = .exactly(1)
            configuration.loads = [.test(perSecond: 1_000), .test(perSecond: 1_000)]
            let plans = GeneratorPlan(configuration, cores: 1).loads
            for (index, plan) in plans.enumerated() {
                let target = SimulatedTarget(
                    connections: 4, completions: ground.completions, outcome: { _ in .ok },
                    serviceTime: { _ in serviceTime })
                target.load = UInt16(index + 1)
                targets.append(target)
                runners.append(
                    LoadRunner(
                        plan: plan, index: 0, cell: LoadCell(bounds: LoadBounds(added: [])),
                        transport: target, receivesLate: false, onFailure: { _, _ in }))
            }
            worker = Worker(
                ground: ground, cell: WorkerCell(), runners: [nil] + runners,
                onDrained: { [unowned self] in drained += 1 })
            for load in 1...2 {
                ground.send(.begin(load: load, at: base, stop: .distantFuture))
            }
        }

        func work(at time: Instant) {
            ground.time = time
            for target in targets { target.deliver(by: time, afterEach: worker.takeIn) }
            worker.rested()
            _ = worker.work(worker.takeIn)
        }
    }

    @Test func `a stop and a cancel reach all its loads`() {
        let ground = Ground(.seconds(1_000))
        ground.work(at: ground.base)
        ground.work(at: ground.base + .microseconds(500))
        let stop = ground.base + .milliseconds(1)
        ground.ground.send(.stop(at: stop))
        ground.work(at: stop)
        #expect(ground.runners.map(\.wake) == [stop + .nanoseconds(1), stop + .nanoseconds(1)])
        #expect(ground.drained == 0)
        ground.ground.send(.cancel)
        ground.work(at: stop)
        #expect(ground.targets.allSatisfy { $0.isCanceled })
        #expect(ground.runners.allSatisfy { $0.isDrained })
        #expect(ground.runners.map(\.cell.sent.value) == [1, 1])
        #expect(ground.drained == 1)
    }

    @Test func `it is drained when all its loads are, and says so once`() {
        let ground = Ground(.microseconds(100))
        ground.targets[0].connections.idle = 7
        ground.work(at: ground.base)
        ground.work(at: ground.base + .microseconds(500))
        ground.ground.send(.stop(at: ground.base + .microseconds(500)))
        ground.work(at: ground.base + .microseconds(550))
        #expect(ground.drained == 0)
        for step in 6..<10 as Range<Int64> {
            ground.work(at: ground.base + .microseconds(step * 100))
            #expect(ground.drained == 1)
        }
        #expect(ground.runners.map(\.inFlight) == [0, 0])
        #expect(ground.runners[0].cell.idle.value == 7, "what is shown of connections")
    }
}
