import Config
import Measure
import Reactor
import Schedule
import Testing
import Time
import Transport

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
                ($0.arrivals, $0.seed) = (.poisson, 7)
            }
        ]
        let generator = try Generator(configuration, loop: loop)
        generator.onDrained = { loop.stop() }
        let control = generator.controls[0]
        try generator.start()
        var seen: Set<UInt64> = []
        func look(_ now: Instant) {
            seen.insert(control.counter?.settled ?? 0)
            // Nothing, what was added up after one second, and after two.
            if seen.count > 2 { return generator.stop() }
            loop.schedule(at: now + .milliseconds(5), look)
        }
        loop.schedule(at: Clock.now(), look)
        loop.schedule(at: Clock.now() + .seconds(10)) { _ in generator.stop() }
        loop.run()
        generator.join()
        #expect(seen.count > 2, "in ten seconds: \(seen)")
        let report = Report(generator)
        #expect(report.loads[0].intended >= control.counter?.settled ?? 0)
        // At whole seconds from its start, none twice.
        let seconds = control.history.points(after: 0).map(\.second)
        #expect(seconds.count >= 2 && zip(seconds, seconds.dropFirst()).allSatisfy { $0 < $1 })
        loop.detachAll()
    }

    @Test func `a redirect that is followed is in all counts of the history`() throws {
        let loop = try EventLoop()
        var configuration = Configuration()
        configuration.loads = [.test(perSecond: 100)]
        let generator = try Generator(configuration, loop: loop)
        let control = generator.controls[0]
        let start = Instant(nanoseconds: 1_000_000_000)
        control.begin(at: start, stop: .distantFuture)
        let cell = control.cells[0]
        cell.hops.add(40)
        cell.sent.add(140)
        for _ in 0..<140 { cell.requests.add(at: Int(Outcome.ok.rawValue)) }
        control.keepUp(at: start + .seconds(1), second: 1)
        let point = try #require(control.history.points(after: 0).first)
        #expect(point.intended == 140 && point.sent == 140 && point.ok == 140)
        loop.detachAll()
    }

    @Test func `each time goes to the windows of its own kind, scraped or not`() throws {
        let loop = try EventLoop()
        var configuration = Configuration()
        configuration.workers = .exactly(2)
        configuration.loads = [.test(perSecond: 100)]
        let generator = try Generator(configuration, loop: loop)
        let control = generator.controls[0]
        let start = Instant(nanoseconds: 1_000_000_000)
        let upkeep = Upkeep(generator.controls, loop: loop)
        for second in 0..<100 as Range<Int64> {
            // Only in the first half minute, by turns on both workers, every other one failed.
            if second < 30 {
                let cell = control.cells[Int(second % 2)]
                let times = second % 2 == 0 ? cell.ok : cell.failed
                times.fineResponse.record(.milliseconds(40))
                cell.fineService.record(.milliseconds(20))
                cell.fineStartDelay.record(.milliseconds(10))
            }
            let now = start + .seconds(second)
            upkeep.keepUp(at: now)
            let all = control.readQuantiles()
            let recent = control.recent.windows(all, at: now)
            for (windows, length) in [
                (recent.response, Nanoseconds.milliseconds(40)),
                (recent.service, .milliseconds(20)), (recent.startDelay, .milliseconds(10)),
            ] {
                let count = min(30, second + 1)
                #expect(windows.tenMinutes.count == UInt64(count), "second \(second)")
                let median = windows.tenMinutes.quantile(0.5, greatest: length)
                #expect(((median ?? .zero) - length).count.magnitude < length.count / 30)
                if second < 60 { #expect(windows.minute.count == UInt64(count)) }
                if second >= 95 { #expect(windows.minute.count == 0) }
            }
        }
        loop.detachAll()
    }
}
