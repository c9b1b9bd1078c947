import Config
import Measure
import Properties
import Schedule
import Testing
import Time
import Transport

@testable import Engine

@Suite struct AccountingPropertyTests {
    /// Random loads against a random target: at every step the sums of the contract hold.
    @Test(arguments: 0..<40)
    func `intended is sent and dropped and backlog at every moment`(round: Int) {
        let seed = UInt64.random(in: 0 ... .max)
        var random = Seeded(seed: seed)
        let rate = UInt64.random(in: 1...3_000, using: &random)
        let workers = Int.random(in: 1...3, using: &random)
        let connections = Int.random(in: workers...20, using: &random)
        let settings = LoadSettings.test(perSecond: rate) {
            $0.limits.connections = connections
            $0.limits.late = [.zero, .milliseconds(50), .seconds(1)].randomElement(using: &random)!
            $0.limits.catchUp = Int.random(in: 1...8, using: &random)
            ($0.arrivals, $0.seed) = (Bool.random(using: &random) ? .uniform : .poisson, seed)
            $0.pacing = [.automatic, .precise, .grid(.milliseconds(2))].randomElement(
                using: &random)!
        }
        var serviceRandom = Seeded(seed: seed ^ 1)
        let simulation = Simulation(settings, workers: .exactly(workers)) { _ in
            .microseconds(Int64.random(in: 1...200_000, using: &serviceRandom))
        }
        var counter = IntendedCounter(simulation.plan.schedule!)
        let length = Nanoseconds.seconds(2)
        var last = (sent: UInt64(0), dropped: UInt64(0))
        simulation.onStep = { simulation in
            let time = min(simulation.now - simulation.base, length)
            let intended = counter.count(through: time)
            let (sent, dropped) = (simulation.sent, simulation.droppedTotal)
            #expect(intended >= sent + dropped, "seed \(seed) at \(time)")
            #expect(simulation.completed <= sent, "seed \(seed) at \(time)")
            #expect(sent >= last.sent && dropped >= last.dropped, "seed \(seed)")
            last = (sent, dropped)
        }
        simulation.run(for: length)
        let intended = counter.count(through: length)
        #expect(simulation.sent + simulation.droppedTotal == intended, "seed \(seed)")
        #expect(simulation.completed == simulation.sent, "seed \(seed)")
        #expect(simulation.response.count == simulation.sent, "seed \(seed)")
        #expect(simulation.startDelay.count == simulation.sent, "seed \(seed)")
    }
}
