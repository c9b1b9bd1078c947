import Config
import Measure
import Reactor
import Testing
import Time

@testable import Engine
@testable import Transport

/// When the generator says that its own numbers are suspect, and when it stops saying so.
@Suite struct HealthTests {
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
        return try Generator(
            configuration, options: options, loop: loop, onEvent: onEvent, onDrained: {})
    }

    @Test(arguments: ["late", "stall", "local", "dropped"])
    func `what is our own fault degrades for ten seconds`(_ fault: String) throws {
        var events: [String] = []
        let loop = try EventLoop()
        let generator = try Self.generator(
            loop,
            onEvent: {
                switch $0 {
                case .degraded(let reasons): events.append("degraded \(reasons.count)")
                case .recovered: events.append("recovered")
                default: break
                }
            })
        let (health, cell) = (generator.health, generator.controls[0].cells[0])
        cell.sent.add(1_000)
        health.look(generator)
        // A hundredth is not yet too much, and what others do is not our fault.
        cell.sent.add(1_000)
        cell.noticedLate.add(10)
        for outcome in Outcome.allCases where outcome != .local {
            cell.requests.add(at: Int(outcome.rawValue))
        }
        for reason in DropReason.allCases where reason != .late {
            cell.dropped.add(at: Int(reason.rawValue))
        }
        health.look(generator)
        #expect(health.reasons.isEmpty)
        switch fault {
        case "late": cell.noticedLate.add()
        case "stall": cell.stalls.add()
        case "local": cell.requests.add(at: Int(Outcome.local.rawValue))
        default: cell.dropped.add(at: Int(DropReason.late.rawValue))
        }
        // Looked at once a second: in the last ten until the one before it has left the window.
        for second in 1...9 {
            health.look(generator)
            #expect(health.reasons.count == 1, "second \(second)")
        }
        #expect(events == ["degraded 1"])
        for _ in 0..<2 { health.look(generator) }
        #expect(health.reasons.isEmpty)
        #expect(events == ["degraded 1", "recovered"])
        loop.detachAll()
    }

    @Test func `two late arrivals are no reason even where they are many of few`() throws {
        let loop = try EventLoop()
        let generator = try Self.generator(loop, .test(perSecond: 1))
        let (health, cell) = (generator.health, generator.controls[0].cells[0])
        health.look(generator)
        cell.sent.add(10)
        cell.noticedLate.add(2)
        health.look(generator)
        #expect(health.reasons.isEmpty)
        cell.noticedLate.add()
        health.look(generator)
        #expect(health.reasons == ["3 of 10 arrivals were noticed more than 2ms late"])
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
        #expect(load.targetRate == 0)
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
