import Config
import Schedule
import Testing
import Time
import Transport

@testable import Engine

@Suite struct GeneratorPlanTests {
    private func plan(
        _ loads: [LoadSettings], workers: WorkerCount = .automatic, cores: Int = 4
    ) -> GeneratorPlan {
        var configuration = Configuration()
        configuration.workers = workers
        configuration.loads = loads
        return GeneratorPlan(configuration, cores: cores)
    }

    @Test func `a load runs on the fewest workers that carry it`() {
        #expect(plan([.test(perSecond: 20_000)]).loads[0].workers == [0])
        #expect(plan([.test(perSecond: 20_001)]).loads[0].workers == [0, 1])
        let tls = LoadSettings.test(perSecond: 5_001) { $0.target.scheme = .https }
        #expect(plan([tls]).loads[0].workers.count == 2)
        let curl = LoadSettings.test(perSecond: 15_001) { $0.transport = .curl }
        #expect(plan([curl]).loads[0].workers.count == 4)
    }

    @Test func `a number of workers is exact and splits every load`() {
        let both = plan([.test(perSecond: 1), .test(perSecond: 1)], workers: .exactly(2))
        #expect(both.workerCount == 2)
        #expect(both.loads.allSatisfy { $0.workers == [0, 1] })
    }

    @Test func `no load has more workers than connections`() {
        let narrow = LoadSettings.test(perSecond: 100) { $0.limits.connections = 2 }
        #expect(plan([narrow], workers: .exactly(8)).loads[0].workers.count == 2)
        #expect(plan([narrow], workers: .exactly(8)).workerCount == 2)
    }

    @Test func `a closed loop takes all workers and four at most by itself`() {
        #expect(plan([.test(.max)], cores: 64).workerCount == 4)
        #expect(plan([.test(.max)], cores: 1).workerCount == 1)
    }

    @Test func `loads are spread by what they cost`() {
        let heavy = (0..<2).map { _ in LoadSettings.test(perSecond: 15_000) }
        let spread = plan(heavy, cores: 2)
        #expect(spread.loads[0].workers != spread.loads[1].workers)
        #expect(plan([.test(perSecond: 1)], cores: 8).workerCount == 1)
    }

    @Test func `shares of limits add up to the total`() {
        let load = LoadSettings.test(perSecond: 100) {
            $0.limits.connections = 11
            $0.limits.inFlight = 7
        }
        let split = plan([load], workers: .exactly(3)).loads[0]
        let options = split.workers.indices.map { split.transportOptions(index: $0) }
        #expect(options.map(\.connections) == [4, 4, 3])
        #expect(options.map(\.inFlight) == [3, 2, 2])
        // 200 handshakes per second in all.
        #expect(options.map(\.handshakeInterval) == Array(repeating: .milliseconds(15), count: 3))
    }
}
