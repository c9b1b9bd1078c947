import Config
import Measure
import Reactor
import System
import Testing
import Time
import Transport

@testable import Engine

/// When the generator says that its own numbers are suspect, and when it stops saying so.
@Suite struct HealthTests {
    /// A health whose time and evidence the test has in its hands.
    private final class Ground {
        let health = Health(root: "/nowhere")
        var evidence = Evidence()
        private(set) var events: [String] = []
        private(set) var now = Instant(nanoseconds: 1_000_000_000)

        func look() {
            health.look(evidence, at: now) { event in
                switch event {
                case .degraded: events.append("degraded")
                case .recovered: events.append("recovered")
                default: break
                }
            }
        }

        /// Looks once a second, as the generator does.
        func pass(seconds: Int) {
            for _ in 0..<seconds {
                now = now + .seconds(1)
                look()
            }
        }

        func pass(_ length: Nanoseconds) { now = now + length }
    }

    static let faults: [(name: String, change: @Sendable (inout Evidence) -> Void)] = [
        ("arrivals were noticed", { $0.noticedLate += 1 }),
        ("stood still", { $0.stalls += 1 }),
        ("own resources", { $0.local += 1 }),
        ("could not keep up", { $0.droppedLate += 1 }),
        ("CPU limit", { $0.throttled = $0.throttled + .nanoseconds(1) }),
        ("raise `workers`", { $0.workers[1].saturated = .nanoseconds(500_000_001) }),
        ("waited for a core", { $0.workers[1].waited = .nanoseconds(100_000_001) }),
        ("has not looked", { $0.workers[1].overdue = .nanoseconds(25_000_001) }),
        ("hypervisor", { $0.steal.stolen += 1 }),
    ]

    @Test(arguments: faults.indices)
    func `each of our own faults degrades, and names itself and the remedy`(_ index: Int) {
        let fault = Self.faults[index]
        let ground = Ground()
        ground.evidence.arrivals = 1_000
        ground.evidence.workers = [Evidence.Worker(), Evidence.Worker()]
        ground.look()
        // Just what is still usual.
        ground.pass(seconds: 5)
        ground.evidence.arrivals += 1_000
        ground.evidence.noticedLate += 10
        ground.evidence.throttled = .milliseconds(100)
        ground.evidence.workers[0].saturated = .milliseconds(500)
        ground.evidence.workers[0].waited = .milliseconds(100)
        ground.evidence.workers[0].overdue = .milliseconds(25)
        ground.evidence.steal = .init(stolen: 5, all: 100)
        ground.look()
        #expect(ground.health.reasons.isEmpty)
        fault.change(&ground.evidence)
        ground.look()
        #expect(ground.health.reasons.count == 1)
        #expect(ground.health.reasons.first?.contains(fault.name) == true)
        #expect(ground.events == ["degraded"])
    }

    /// Two late arrivals are no reason though they are many of few, and no more is one pause soon after the start.
    @Test(arguments: [(5, 10, 2), (2, 2_000, 50)] as [(Int, UInt64, UInt64)])
    func `so many late arrivals are usual, and one more is not`(
        _ seconds: Int, _ arrivals: UInt64, _ usual: UInt64
    ) {
        let ground = Ground()
        ground.look()
        ground.pass(seconds: seconds)
        ground.evidence.arrivals = arrivals
        ground.evidence.noticedLate = usual
        ground.look()
        #expect(ground.health.reasons.isEmpty)
        ground.evidence.noticedLate += 1
        ground.look()
        #expect(
            ground.health.reasons.first?.hasPrefix(
                "\(usual + 1) of \(arrivals) arrivals were noticed more than 2ms late") == true)
    }

    @Test func `a doubt lasts a minute after its last evidence, and until it was scraped`() {
        let ground = Ground()
        ground.look()
        ground.evidence.stalls = 1
        ground.look()
        // A scrape of before does not count, and no time is long enough without one.
        ground.health.scraped(in: 0)
        ground.pass(seconds: 200)
        #expect(ground.events == ["degraded"])
        ground.health.scraped(in: 1)
        ground.pass(seconds: 1)
        #expect(ground.events == ["degraded", "recovered"])
        #expect(ground.health.reasons.isEmpty)
        // Scraped at once: the window of ten seconds passes, and a minute.
        ground.evidence.stalls = 2
        ground.look()
        ground.health.scraped(in: ground.health.doubt)
        ground.pass(seconds: 69)
        #expect(ground.events.count == 3)
        ground.pass(seconds: 1)
        #expect(ground.events == ["degraded", "recovered", "degraded", "recovered"])
    }

    @Test func `a worker is judged by what it did in the window, not since its start`() {
        let ground = Ground()
        ground.evidence.workers = [
            Evidence.Worker(saturated: .seconds(100), waited: .seconds(100))
        ]
        ground.look()
        ground.pass(seconds: 1)
        #expect(ground.health.reasons.isEmpty)
        ground.evidence.workers[0].saturated = .milliseconds(100_501)
        ground.look()
        #expect(ground.health.reasons.count == 1)
    }

    @Test func `a new doubt needs a scrape of its own`() {
        let ground = Ground()
        ground.look()
        for round in 1...2 {
            ground.evidence.stalls += 1
            ground.look()
            if round == 1 { ground.health.scraped(in: ground.health.doubt) }
            ground.pass(seconds: 100)
        }
        #expect(ground.events == ["degraded", "recovered", "degraded"])
    }

    @Test func `fresh evidence is seen by the next look, however soon that is`() {
        let ground = Ground()
        ground.look()
        ground.pass(.milliseconds(3))
        ground.evidence.droppedLate = 1
        ground.look()
        #expect(!ground.health.reasons.isEmpty)
    }

    @Test func `frequent looks do not shorten the window`() {
        let ground = Ground()
        ground.evidence.arrivals = 100
        ground.look()
        for _ in 0..<90 {
            ground.pass(.milliseconds(100))
            ground.evidence.noticedLate += 1
            ground.evidence.arrivals += 98
            ground.look()
        }
        // 90 of 8 820: more than a hundredth, but only over all of the window.
        #expect(!ground.health.reasons.isEmpty)
        #expect(ground.health.reasons.first?.hasPrefix("90 of 8820") == true)
    }

    @Test func `the time of doubt is counted to the scrape`() {
        let ground = Ground()
        ground.look()
        #expect(ground.health.degradedTime(by: ground.now) == .zero)
        ground.evidence.stalls = 1
        ground.look()
        ground.health.scraped(in: ground.health.doubt)
        let middle = ground.now + .milliseconds(1_500)
        #expect(ground.health.degradedTime(by: middle) == .milliseconds(1_500))
        ground.pass(seconds: 80)
        #expect(ground.health.degradedTime(by: ground.now) == .seconds(70))
        ground.pass(seconds: 10)
        #expect(ground.health.degradedTime(by: ground.now) == .seconds(70))
    }

    @Test func `late arrivals are a share of all that came, not of those that a slow target took`()
        throws
    {
        var configuration = Configuration()
        configuration.loads = [.test(perSecond: 300), .test(.max) { $0.name = "closed" }]
        let generator = try Generator(configuration, loop: try EventLoop())
        let start = Instant(nanoseconds: 1_000_000_000)
        for control in generator.controls { control.begin(at: start, stop: .distantFuture) }
        // Hardly one in a hundred is sent, all others are dropped.
        generator.controls[0].cells[0].sent.add(20)
        generator.controls[0].cells[0].noticedLate.add(3)
        generator.controls[1].cells[0].sent.add(7)
        let evidence = generator.health.evidence(generator, at: start + .seconds(10))
        #expect(evidence.arrivals == 3_007)
        #expect(evidence.noticedLate == 3)
        #expect(evidence.reasons(since: Evidence(), .seconds(10)).isEmpty)
    }
}
