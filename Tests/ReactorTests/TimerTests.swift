import Foundation
import Glibc
import Reactor
import Testing
import Time

@Suite struct TimerTests {
    @Test func `timers fire in the order of their instants, equal ones as they were made`() throws {
        let loop = try EventLoop()
        var fired: [String] = []
        let start = Clock.now()
        loop.schedule(at: start + .milliseconds(3)) { _ in fired.append("c") }
        loop.schedule(at: start + .milliseconds(1)) { _ in fired.append("a") }
        loop.schedule(at: start + .milliseconds(2)) { _ in fired.append("b1") }
        loop.schedule(at: start + .milliseconds(2)) { _ in fired.append("b2") }
        loop.schedule(at: start + .milliseconds(4)) { _ in loop.stop() }
        loop.run()
        #expect(fired == ["a", "b1", "b2", "c"])
    }

    @Test func `a timer is never early`() throws {
        let loop = try EventLoop()
        let due = Clock.now() + .milliseconds(2)
        var told = Instant.distantPast
        loop.schedule(at: due) { now in
            told = now
            loop.stop()
        }
        loop.run()
        #expect(told >= due)
    }

    @Test func `a cancelled timer does not fire, even when an earlier one cancels it while due`()
        throws
    {
        let loop = try EventLoop()
        var fired: [Int] = []
        let start = Clock.now()
        let first = loop.schedule(at: start) { _ in fired.append(1) }
        loop.cancel(first)
        let third = loop.schedule(at: start + .nanoseconds(2)) { _ in fired.append(3) }
        loop.schedule(at: start + .nanoseconds(1)) { _ in
            fired.append(2)
            loop.cancel(third)
        }
        loop.schedule(at: start + .milliseconds(1)) { _ in loop.stop() }
        loop.run()
        #expect(fired == [2])
        loop.cancel(first)
    }

    @Test func `a timer that is due again at once does not starve descriptors`() throws {
        let loop = try EventLoop()
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        let pair = try Pair()
        try loop.register(pair.near.number, .input, owner: owner, key: EventKey(index: 0))
        recorder.action = { _ in loop.stop() }
        let sender = pair.far.number
        var rounds = 0
        func again(_ now: Instant) {
            rounds += 1
            // Ready from the first round on, and nobody may have looked by the tenth.
            if rounds == 1 { _ = Socket.send(sender, [1], from: 0) }
            if rounds == 10 { return loop.stop() }
            loop.schedule(at: now, again)
        }
        loop.schedule(at: Clock.now(), again)
        loop.run()
        #expect(recorder.events.count == 1, "the descriptor had its turn")
    }
}

@Suite struct ThreadTests {
    @Test func `a thread runs its closure under its name and can be joined`() throws {
        let mailbox = try Mailbox<String>()
        let thread = try Reactor.Thread(name: "ballast-test") {
            let name = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
            mailbox.send(name ?? "")
        }
        thread.join()
        #expect(mailbox.drain() == ["ballast-test\n"])
    }
}

@Suite struct SignalsTests {
    @Test func `signals become events of the loop`() throws {
        let result = try Mailbox<[Int32]>()
        // In a thread of its own, because blocking a signal lasts as long as its thread.
        let thread = try Reactor.Thread(name: "signals") {
            do {
                let loop = try EventLoop()
                var seen: [Int32] = []
                let signals = try Signals([SIGUSR1, SIGUSR2], on: loop)
                signals.onSignal = { signal in
                    seen.append(signal)
                    if seen.count == 2 { loop.stop() }
                }
                _ = pthread_kill(pthread_self(), SIGUSR1)
                _ = pthread_kill(pthread_self(), SIGUSR2)
                loop.run()
                result.send(seen.sorted())
                withExtendedLifetime(signals) {}
            } catch {
                result.send([-1])
            }
        }
        thread.join()
        #expect(result.drain() == [[SIGUSR1, SIGUSR2]])
    }
}
