import Properties
import Testing
import Time

@testable import Reactor

@Suite struct WakeLeadTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    private func lead(after delays: [Nanoseconds]) -> WakeLead {
        var lead = WakeLead()
        for delay in delays { lead.learn(delay) }
        return lead
    }

    @Test func `it finds the lower quartile of the delays`() {
        var random = Seeded()
        for _ in 0..<20 {
            let least = random.int(0...30)
            let width = random.int(10...60)
            var lead = WakeLead()
            var early = 0
            for wake in 0..<6_000 {
                let delay = Nanoseconds(Int64(random.int(least * 1_000...(least + width) * 1_000)))
                if wake >= 1_000, delay < lead.length { early += 1 }
                lead.learn(delay)
            }
            #expect((1_000...1_500).contains(early), "\(early) of 5 000, \(random)")
        }
    }

    @Test func `a pause of the machine moves it no more than a small delay does`() {
        let usual = Array(repeating: Nanoseconds.microseconds(40), count: 1_000)
        let before = lead(after: usual).length
        let after = lead(after: usual + [.milliseconds(500)]).length
        #expect(after - before <= .microseconds(1))
        #expect(
            lead(after: Array(repeating: .seconds(1), count: 10_000)).length == WakeLead.lengthMax)
    }

    @Test func `it gives up its lead where waking takes no time`() {
        let usual = Array(repeating: Nanoseconds.microseconds(40), count: 1_000)
        let prompt = Array(repeating: Nanoseconds.zero, count: 100)
        #expect(lead(after: usual + prompt).length == .zero)
    }

    @Test func `a sleep is shortened by the lead, and by half of it at most`() {
        let lead = lead(after: Array(repeating: .microseconds(40), count: 1_000))
        #expect((.microseconds(38)...(.microseconds(40))).contains(lead.length))
        for length in [Nanoseconds.milliseconds(1), .microseconds(100)] {
            let instant = start + length
            #expect(lead.alarm(for: instant, now: start) == instant - lead.length)
        }
        let near = start + .microseconds(30)
        #expect(lead.alarm(for: near, now: start) == start + .microseconds(15))
        #expect(lead.alarm(for: start, now: start) == start)
        #expect(lead.alarm(for: start, now: near) == start)
    }

    /// Only a timer can do so.
    @Test func `an alarm that rang while the thread was at work teaches nothing`() throws {
        let loop = try EventLoop(usesTimer: true)
        let mailbox = try Mailbox<Int>()
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        try loop.register(mailbox.descriptor, .input, owner: owner, key: EventKey(index: 0))
        let alarm = Clock.now() + .milliseconds(200)
        mailbox.send(1)
        loop.turn(until: alarm)
        try #require(recorder.events.count == 1)
        while Clock.now() < alarm + .milliseconds(1) {}
        _ = mailbox.drain()
        loop.turn(until: .distantPast)
        #expect(loop.lead.length == .zero)
    }

    @Test(arguments: [false, true])
    func `a turn that learned to wake early still ends no sooner than asked`(
        _ usesTimer: Bool
    ) throws {
        let loop = try EventLoop(usesTimer: usesTimer)
        for _ in 0..<300 {
            let deadline = Clock.now() + .milliseconds(1)
            loop.turn(until: deadline)
            #expect(Clock.now() >= deadline)
        }
    }
}
