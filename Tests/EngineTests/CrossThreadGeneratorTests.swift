import Config
import Demo
import Measure
import Reactor
import Schedule
import Testing
import Time
import Transport

@testable import Engine

/// The whole generator with its threads; `make test` runs this under ThreadSanitizer too.
@Suite(.serialized) struct CrossThreadGeneratorTests {
    /// A target on a thread of its own; it ends when it is told to.
    private final class Target: EventHandler {
        private let stop: Mailbox<Void>
        let address: SocketAddress

        init() throws {
            let stop = try Mailbox<Void>()
            let answers = try Mailbox<SocketAddress>()
            self.stop = stop
            _ = try Thread(name: "target") {
                do {
                    let loop = try EventLoop()
                    var behaviour = DemoBehaviour()
                    (behaviour.median, behaviour.p99) = (.zero, .zero)
                    (behaviour.tailRatio, behaviour.errorRatio) = (0, 0)
                    let target = try DemoTarget(
                        listen: SocketAddress(ip: "127.0.0.1", port: 0)!, behaviour: behaviour,
                        loop: loop)
                    let stopper = Stopper(loop)
                    let owner = loop.attach(stopper)
                    try loop.register(
                        stop.descriptor, .input, owner: owner, key: EventKey(index: 0))
                    answers.send(target.address)
                    loop.run()
                    target.close()
                } catch {
                    preconditionFailure("the target cannot start: \(error)")
                }
            }
            let loop = try EventLoop()
            var found: SocketAddress?
            let waiter = Waiter()
            let owner = loop.attach(waiter)
            try loop.register(answers.descriptor, .input, owner: owner, key: EventKey(index: 0))
            while found == nil {
                found = answers.drain().first
                if found == nil { loop.turn(until: .distantFuture) }
            }
            address = found!
        }

        deinit { stop.send(()) }

        func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {}

        private final class Waiter: EventHandler {
            func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {}
        }

        private final class Stopper: EventHandler {
            private let loop: EventLoop

            init(_ loop: EventLoop) { self.loop = loop }

            func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) { loop.stop() }
        }
    }

    /// The first byte of an answer that waits is not known, and so it has no phase `wait`.
    @Test(arguments: [true, false])
    func `answers wait in the kernel only if they may`(_ receivesLate: Bool) throws {
        let target = try Target()
        let loop = try EventLoop()
        var configuration = Configuration()
        configuration.loads = [.test(perSecond: 2_000) { $0.target.port = target.address.port }]
        var options = Generator.Options()
        options.duration = .milliseconds(500)
        options.receivesLate = receivesLate
        let generator = try Generator(configuration, options: options, loop: loop)
        generator.onDrained = { loop.stop() }
        try generator.start()
        loop.run()
        generator.join()
        let load = Report(generator).loads[0]
        let waits = load.phases.first { $0.name == "wait" }?.times.count ?? 0
        #expect(receivesLate ? waits < load.count(.ok) : waits == load.count(.ok))
        #expect(waits > 0)
    }

    @Test(arguments: [TransportSetting.direct, .curl])
    func `scrapes while two workers run always add up`(transport: TransportSetting) throws {
        let target = try Target()
        let loop = try EventLoop()
        var configuration = Configuration()
        configuration.workers = .exactly(2)
        configuration.loads = [
            .test(perSecond: 2_000) {
                $0.target.port = target.address.port
                $0.transport = transport
                $0.limits.connections = 4
                $0.limits.late = .milliseconds(20)
            }
        ]
        var options = Generator.Options()
        options.duration = .milliseconds(500)
        let generator = try Generator(configuration, options: options, loop: loop)
        generator.onDrained = { loop.stop() }
        let report = Report(generator)
        try generator.start()
        var scrapes = 0
        func scrape(_ now: Instant) {
            report.refresh()
            let load = report.loads[0]
            #expect(load.intended >= load.sent + load.droppedTotal)
            #expect(load.sent >= load.completed)
            let timed = load.response.ok.count + load.response.failed.count
            #expect(timed >= load.completed, "a time is recorded before its request is counted")
            scrapes += 1
            loop.schedule(at: now + .milliseconds(2), scrape)
        }
        loop.schedule(at: Clock.now(), scrape)
        loop.run()
        // By which the kernel is asked how long they waited for a core.
        let threads = generator.crew?.cells.map(\.thread.value) ?? []
        #expect(Set(threads).count == 2 && !threads.contains(0))
        generator.join()
        report.refresh()
        let load = report.loads[0]
        #expect(load.intended == 1_000)
        #expect(load.sent + load.droppedTotal == 1_000)
        #expect(load.completed == load.sent)
        #expect(load.count(.ok) > 0)
        #expect(scrapes > 10)
    }
}
