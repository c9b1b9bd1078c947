import Config
import Glibc
import Measure
import Reactor
import Testing
import Time
import Transport

@testable import Engine

/// Start, stop and end of a whole generator, against targets that do not answer by themselves.
@Suite(.serialized) struct GeneratorLifeTests {
    /// Accepts connections when it is told to; until then the kernel takes them.
    private final class Silent {
        private let listener: FileDescriptor
        private var accepted: [Int32] = []
        let port: UInt16

        init() throws {
            let any = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
            listener = try Socket.listen(on: any)
            port = try Socket.localAddress(listener.number).port
        }

        deinit { for number in accepted { close(number) } }

        /// Answers every request that is here.
        func answer() {
            let bytes = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
            while Socket.hasInput(listener.number) {
                let number = accept(listener.number, nil, nil)
                _ = Socket.send(number, bytes, from: 0)
                accepted.append(number)
            }
        }
    }

    /// Runs a generator until it is drained, ten seconds at most.
    /// - Parameter whileRunning: called every millisecond.
    private static func run(
        _ loads: [LoadSettings], options change: (inout Generator.Options) -> Void,
        whileRunning: @escaping (Generator, [LoadReport]) -> Void = { _, _ in }
    ) throws -> [LoadReport] {
        let loop = try EventLoop()
        var configuration = Configuration()
        configuration.loads = loads
        var options = Generator.Options()
        change(&options)
        let generator = try Generator(configuration, options: options, loop: loop)
        generator.onDrained = { loop.stop() }
        let report = Report(generator)
        try generator.start()
        func look(_ now: Instant) {
            report.refresh()
            whileRunning(generator, report.loads)
            loop.schedule(at: now + .milliseconds(1), look)
        }
        loop.schedule(at: Clock.now(), look)
        loop.schedule(at: Clock.now() + .seconds(10)) { _ in loop.stop() }
        loop.run()
        #expect(generator.isDrained, "it did not end by itself")
        generator.join()
        report.refresh()
        loop.detachAll()
        return report.loads
    }

    @Test(arguments: [TransportSetting.direct, .curl], [Target.Scheme.http, .https])
    func `a timeout ends a request when nothing else wakes the worker`(
        _ transport: TransportSetting, _ scheme: Target.Scheme
    ) throws {
        let silent = try Silent()
        let load = try #require(
            try Self.run([
                .test(perSecond: 100) {
                    $0.target = Target(scheme: scheme, host: "127.0.0.1", port: silent.port)
                    $0.transport = transport
                    $0.timeout = .milliseconds(50)
                }
            ]) { $0.requestsMax = 1 }.first)
        #expect(load.intended == 1 && load.sent == 1 && load.completed == 1)
        #expect(load.count(scheme == .http ? .timeout : .connectTimeout) == 1)
    }

    /// Requests that fail before they are on their way, without a turn of the loop in between.
    @Test(arguments: [TransportSetting.direct, .curl])
    func `a closed loop whose requests fail at once spares its worker and its neighbour`(
        _ transport: TransportSetting
    ) throws {
        let silent = try Silent()
        let loads = try Self.run([
            .test(.max) {
                $0.target = Target(scheme: .http, host: "name.invalid", port: 80)
                $0.transport = transport
                $0.startup = .zero
                $0.limits.connections = 8
            },
            .test(perSecond: 100) {
                $0.target.port = silent.port
                $0.timeout = .milliseconds(20)
            },
        ]) {
            $0.duration = .milliseconds(500)
        }
        #expect(loads[0].count(.dns) == loads[0].sent && loads[0].sent > 8)
        // Eight every ten milliseconds.
        #expect(loads[0].sent <= 8 * 60)
        // A core that is kept from us may cost the last ones their turn, or show an open connection late.
        let timeouts = loads[1].count(.timeout) + loads[1].count(.connectTimeout)
        #expect(timeouts == loads[1].sent && loads[1].sent > 0)
        #expect(loads[1].intended == 50 && loads[1].sent + loads[1].droppedTotal == 50)
    }

    @Test func `a drain can be cut short`() throws {
        let silent = try Silent()
        let load = try #require(
            try Self.run([
                .test(perSecond: 100) {
                    $0.target.port = silent.port
                    $0.timeout = .seconds(60)
                }
            ]) {
                $0.requestsMax = 2
                $0.drain = .seconds(60)
            } whileRunning: { generator, loads in
                if loads[0].sent == 2 {
                    generator.stop()
                    generator.cancel()
                }
            }.first)
        #expect(load.count(.canceled) == 2)
    }

    @Test(arguments: [true, false])
    func `a stop lets requests in flight end, and then no longer`(_ answers: Bool) throws {
        let silent = try Silent()
        var turns = 0
        let load = try #require(
            try Self.run([
                .test(perSecond: 100) {
                    $0.target.port = silent.port
                    $0.limits.connections = 2
                    $0.limits.late = .seconds(30)
                    $0.timeout = .seconds(60)
                }
            ]) {
                $0.drain = answers ? .seconds(60) : .milliseconds(50)
            } whileRunning: { generator, loads in
                if loads[0].inFlight == 2 { generator.stop() }
                // Some time after the stop.
                if generator.isStopping { turns += 1 }
                if answers, turns > 20 { silent.answer() }
            }.first)
        #expect(load.sent == 2)
        #expect(load.count(answers ? .ok : .canceled) == 2)
        #expect(load.intended == load.sent + load.droppedTotal)
    }

    @Test func `a duration ends when the last load's has`() throws {
        let silent = try Silent()
        let unused = try Silent().port
        let loads = try Self.run([
            .test(perSecond: 100) {
                $0.target.port = silent.port
                $0.timeout = .milliseconds(20)
            },
            .test(perSecond: 100) {
                $0.target.port = unused
                $0.timeout = .milliseconds(20)
                $0.startup = .milliseconds(300)
            },
        ]) { $0.duration = .milliseconds(100) }
        #expect(loads.map(\.intended) == [10, 10])
        #expect(loads.map(\.completed) == loads.map(\.sent))
    }
}
