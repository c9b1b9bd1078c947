import Config
import Reactor
import Schedule
import Testing
import Time

@testable import Engine

/// What happens each second though nobody scrapes.
@Suite struct UpkeepTests {
    @Test func `the gaps of a Poisson load are added up without a scrape`() throws {
        let loop = try EventLoop()
        var configuration = Configuration()
        configuration.loads = [
            .test(perSecond: 2_000) {
                // Nothing listens there: what is sent does not matter here.
                $0.target.port = 1
                $0.startup = .zero
                $0.arrivals = .poisson(seed: 7)
            }
        ]
        let generator = try Generator(
            configuration, options: Generator.Options(), loop: loop, onEvent: { _ in },
            onDrained: { loop.stop() })
        let control = generator.controls[0]
        try generator.start()
        func look(_ now: Instant) {
            if (control.counter?.settled ?? 0) > 0 { return generator.stop() }
            loop.schedule(at: now + .milliseconds(5), look)
        }
        loop.schedule(at: Clock.now(), look)
        loop.schedule(at: Clock.now() + .seconds(10)) { _ in generator.stop() }
        loop.run()
        generator.join()
        let settled = control.counter?.settled ?? 0
        #expect(settled > 0, "nothing was added up in ten seconds")
        let report = Report(generator)
        #expect(report.loads[0].intended >= settled)
        loop.detachAll()
    }
}
