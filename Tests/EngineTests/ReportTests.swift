import Config
import Measure
import Reactor
import TestSupport
import Testing
import Time

@testable import Engine
@testable import Transport

/// What the main thread makes of what was counted.
@Suite struct ReportTests {
    /// A generator whose counters only the test moves, on a machine without control groups.
    private static func generator(
        _ loop: EventLoop, _ load: LoadSettings = .test(perSecond: 100),
        options change: (inout Generator.Options) -> Void = { _ in },
        onEvent: @escaping (GeneratorEvent) -> Void = { _ in }
    ) throws -> Generator {
        var configuration = Configuration()
        configuration.loads = [load]
        var options = Generator.Options()
        options.root = "/nowhere"
        change(&options)
        let generator = try Generator(configuration, options: options, loop: loop)
        generator.onEvent = onEvent
        return generator
    }

    @Test func `the labels of a load say how it is sent`() throws {
        let loop = try EventLoop()
        let load = LoadSettings.test(perSecond: 1) {
            $0.http = .http2
            $0.request.method = "PUT"
        }
        let generator = try Self.generator(loop, load)
        let families = MetricCatalogue(generator, Report(generator)).families
        let info = try #require(families.first { $0.name == "ballast_load_info" }?.series.first)
        #expect(
            info.labels == [
                Label("load", "test"), Label("transport", "curl"), Label("http", "2"),
                Label("method", "PUT"),
            ])
        loop.detachAll()
    }

    @Test func `a report adds up what workers, hops and tries counted`() throws {
        let loop = try EventLoop()
        let generator = try Self.generator(loop)
        let (control, report) = (generator.controls[0], Report(generator))
        let cell = control.cells[0]
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 1))
        #expect(!control.recordTry(111, address))
        #expect(control.isNewGateFailure)
        #expect(!control.recordTry(111, address))
        #expect(!control.isNewGateFailure)
        #expect(control.recordTry(0, address))
        let start = Clock.now() - .seconds(10)
        control.begin(at: start, stop: start + .seconds(2))
        cell.hops.add(3)
        cell.sent.add(203)
        cell.connects.add(at: Int(Outcome.ok.rawValue))
        cell.connecting.set(1)
        cell.idle.set(2)
        cell.active.set(3)
        // One code is expected and shown from the start, 19 more have room.
        for code in UInt16(200)..<230 { cell.statuses.add(code) }
        report.refresh()
        let load = report.loads[0]
        #expect(load.intended == 203)
        #expect(load.elapsed == .seconds(2))
        #expect(load.intendedRate == 0)
        #expect(load.backlog == 0)
        #expect(load.connects[Int(Outcome.ok.rawValue)] == 2)
        #expect(load.connects[Int(Outcome.refused.rawValue)] == 2)
        #expect(load.trialConnects[Int(Outcome.ok.rawValue)] == 1)
        #expect(load.statuses.filter { $0.code != 0 }.count == Report.statusMax)
        #expect(load.statuses.reduce(0) { $0 + $1.count } == 30)
        #expect(load.connections.connecting == 1)
        #expect(load.connections.idle == 2)
        #expect(load.connections.active == 3)
        loop.detachAll()
    }

    @Test func `sums that do not hold are shown as they are`() throws {
        let loop = try EventLoop()
        let generator = try Self.generator(loop)
        let (control, report) = (generator.controls[0], Report(generator))
        let start = Clock.now() - .seconds(10)
        control.begin(at: start, stop: start + .seconds(1))
        control.cells[0].sent.add(103)
        for _ in 0..<105 { control.cells[0].requests.add(at: Int(Outcome.ok.rawValue)) }
        report.refresh()
        #expect(report.loads[0].backlog == -3)
        #expect(report.loads[0].inFlight == -2)
        loop.detachAll()
    }

    /// Each counter, by how often it must be raised, and a word of what is then said.
    static let ownFaults: [(times: Int, text: String, raise: @Sendable (LoadCell) -> Void)] = [
        (1, "arrivals were noticed more than 25ms late once", { $0.stalls.add() }),
        (1, "1 requests failed", { $0.requests.add(at: Int(Outcome.local.rawValue)) }),
        (1, "1 arrivals were dropped", { $0.dropped.add(at: Int(DropReason.late.rawValue)) }),
    ]

    @Test(arguments: ownFaults.indices)
    func `what a worker counts against itself degrades`(_ index: Int) throws {
        let fault = Self.ownFaults[index]
        let loop = try EventLoop()
        let generator = try Self.generator(loop)
        let (cell, report) = (generator.controls[0].cells[0], Report(generator))
        for reason in DropReason.allCases where reason != .late {
            cell.dropped.add(at: Int(reason.rawValue))
        }
        cell.requests.add(at: Int(Outcome.timeout.rawValue))
        let end = Clock.now()
        generator.controls[0].begin(at: end - .seconds(5), stop: end)
        report.refresh()
        #expect(generator.health.reasons.isEmpty)
        for _ in 0..<fault.times { fault.raise(cell) }
        report.refresh()
        #expect(generator.health.reasons.count == 1)
        #expect(generator.health.reasons.first?.hasPrefix(fault.text) == true)
        loop.detachAll()
    }

    @Test func `what the CPU limit takes degrades`() throws {
        let folder = try TemporaryFolder()
        let loop = try EventLoop()
        let statistics = { (microseconds: Int) in
            "usage_usec 9\nnr_periods 40\nnr_throttled 7\nthrottled_usec \(microseconds)\n"
        }
        try folder.write("0::/\n", to: "root/proc/self/cgroup")
        try folder.write(
            "24 18 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            to: "root/proc/self/mountinfo")
        try folder.write("50000 100000\n", to: "root/sys/fs/cgroup/cpu.max")
        try folder.write(statistics(1_000), to: "root/sys/fs/cgroup/cpu.stat")
        let generator = try Self.generator(loop) { $0.root = folder.path("root") }
        let report = Report(generator)
        try folder.write(statistics(101_000), to: "root/sys/fs/cgroup/cpu.stat")
        report.refresh()
        #expect(generator.health.reasons.isEmpty)
        try folder.write(statistics(101_001), to: "root/sys/fs/cgroup/cpu.stat")
        report.refresh()
        #expect(generator.health.reasons.first?.contains("remove the limit") == true)
        loop.detachAll()
    }

    @Test func `what the hypervisor keeps degrades`() throws {
        let folder = try TemporaryFolder()
        let loop = try EventLoop()
        try folder.write("cpu 10 0 10 1000 0 0 0 1 7 7\ncpu0 9\n", to: "root/proc/stat")
        let generator = try Self.generator(loop) { $0.root = folder.path("root") }
        let report = Report(generator)
        // 5 of 100 ticks, and guests are no time of their own.
        try folder.write("cpu 20 0 10 1085 0 0 0 6 99 9\ncpu0 9\n", to: "root/proc/stat")
        report.refresh()
        #expect(generator.health.reasons.isEmpty)
        try folder.write("cpu 20 0 10 1085 0 0 0 7 99 9\ncpu0 9\n", to: "root/proc/stat")
        report.refresh()
        #expect(generator.health.reasons.first?.hasPrefix("the hypervisor kept 6 %") == true)
        loop.detachAll()
    }

    @Test func `no more is intended than the number that was asked for`() throws {
        let loop = try EventLoop()
        let generator = try Self.generator(loop) { $0.requestsMax = 42 }
        let start = Clock.now() - .seconds(10)
        generator.controls[0].begin(at: start, stop: .distantFuture)
        let report = Report(generator)
        #expect(report.loads[0].intended == 42)
        loop.detachAll()
    }

    @Test func `only a name that is gone takes its addresses away`() throws {
        let loop = try EventLoop()
        let generator = try Self.generator(
            loop, .test(perSecond: 1) { $0.target.host = "one.test" })
        let control = generator.controls[0]
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 1))
        func answer(_ result: Result<[SocketAddress], Resolver.Failure>) {
            let query = Resolver.Query(host: "one.test", port: 1)
            generator.lookedUp(
                control, Resolver.Answer(query: query, result: result, duration: .milliseconds(1)))
        }
        control.begin(at: Clock.now(), stop: .distantFuture)
        answer(.success([address]))
        #expect(control.peers == [address])
        answer(.failure(Resolver.Failure(reason: "try again", isFinal: false)))
        #expect(control.peers == [address])
        answer(.failure(Resolver.Failure(reason: "no such name", isFinal: true)))
        #expect(control.peers.isEmpty)
        #expect(control.dnsPhase.snapshot().count == 3)
        loop.detachAll()
    }

    @Test func `connections go to the family that answered, or to the only one there is`() throws {
        let loop = try EventLoop()
        let generator = try Self.generator(
            loop, .test(perSecond: 1) { $0.target.host = "two.test" })
        let control = generator.controls[0]
        let four = try #require(SocketAddress(ip: "127.0.0.1", port: 1))
        let six = try #require(SocketAddress(ip: "::1", port: 1))
        control.begin(at: Clock.now(), stop: .distantFuture)
        control.setResolved([six, four])
        #expect(control.peers == [six, four])
        control.accepted(four)
        #expect(control.peers == [four])
        control.setResolved([six])
        #expect(control.peers == [six])
        control.setResolved([six, four])
        #expect(control.peers == [four])
        loop.detachAll()
    }
}
