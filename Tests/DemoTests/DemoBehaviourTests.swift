import Demo
import Properties
import Testing
import Time

@Suite struct DemoBehaviourTests {
    private func draws(_ behaviour: DemoBehaviour, _ count: UInt64 = 20_000) -> [DemoBehaviour.Draw]
    {
        (0..<count).map { behaviour.draw($0) }
    }

    @Test func `delays have the median and the p99 that were asked for`() {
        var random = Seeded()
        var behaviour = DemoBehaviour.immediate
        behaviour.median = .milliseconds(20)
        behaviour.p99 = .milliseconds(100)
        behaviour.seed = random.next()
        let sorted = draws(behaviour).map(\.delay).sorted()
        // Six standard errors of these quantiles at 20 000 draws: 4 % and 12 %.
        #expect(abs(sorted[10_000].seconds / 0.020 - 1) < 0.04, "\(random)")
        #expect(abs(sorted[19_800].seconds / 0.100 - 1) < 0.12, "\(random)")
    }

    @Test func `errors and the tail come in their shares`() {
        var random = Seeded()
        var behaviour = DemoBehaviour.immediate
        behaviour.errorRatio = 0.05
        behaviour.tailRatio = 0.02
        behaviour.tailDelay = .seconds(1)
        behaviour.seed = random.next()
        let draws = draws(behaviour)
        #expect(abs(Double(draws.count { $0.fails }) / 20_000 - 0.05) < 0.01, "\(random)")
        let slow = draws.count { $0.delay == .seconds(1) }
        #expect(abs(Double(slow) / 20_000 - 0.02) < 0.006, "\(random)")
        #expect(draws.allSatisfy { $0.delay == .zero || $0.delay == .seconds(1) })
    }

    @Test func `the same seed gives the same draws, another seed others`() {
        var behaviour = DemoBehaviour()
        let first = draws(behaviour, 100)
        #expect(draws(behaviour, 100) == first)
        behaviour.errorRatio = 0.5
        #expect(draws(behaviour, 100).map(\.delay) == first.map(\.delay), "errors move no delay")
        behaviour.seed = 2
        #expect(draws(behaviour, 100) != first)
    }

    @Test func `immediate means no delay and no error`() {
        #expect(draws(.immediate, 1_000).allSatisfy { $0.delay == .zero && !$0.fails })
    }

    @Test(arguments: [
        ("median=5ms", "median"), ("p99=1.5s", "p99"), ("tail_ratio=0.1%25", "escaped"),
        ("tail_ratio=0.1%", "bare per cent"), ("error_ratio=0.05&size=2KiB", "two"),
        ("seed=18446744073709551615", "seed"), ("", "nothing"),
    ])
    func `settings are read`(query: String, what: String) throws {
        var behaviour = DemoBehaviour()
        try behaviour.apply(query: query[...])
        var expected = DemoBehaviour()
        switch what {
        case "median": expected.median = .milliseconds(5)
        case "p99": expected.p99 = .milliseconds(1_500)
        case "escaped", "bare per cent": expected.tailRatio = 0.001
        case "two":
            expected.errorRatio = 0.05
            expected.size = 2_048
        case "seed": expected.seed = .max
        default: break
        }
        #expect(behaviour == expected)
    }

    @Test(arguments: [
        "median", "median=", "median=5", "median=-1ms", "p99=nan", "p99=1h", "size=-1", "size=1kB",
        "size=99999999999999999999", "error_ratio=101%", "error_ratio=-1%", "seed=x",
    ])
    func `settings that make no sense are refused`(query: String) {
        var behaviour = DemoBehaviour()
        #expect(throws: (any Error).self) { try behaviour.apply(query: query[...]) }
        #expect(behaviour == DemoBehaviour())
    }
}
