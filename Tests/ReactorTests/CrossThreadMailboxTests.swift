import Reactor
import Testing
import Time

/// `make test` runs these under ThreadSanitizer too.
@Suite struct CrossThreadMailboxTests {
    @Test func `commands wake the owner's loop and arrive in order`() throws {
        let mailbox = try Mailbox<Int>()
        let loop = try EventLoop()
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        try loop.register(mailbox.descriptor, .input, owner: owner, key: EventKey(index: 0))
        var received: [Int] = []
        recorder.action = { _ in
            received += mailbox.drain()
            if received.count == 5_000 { loop.stop() }
        }
        let sender = try Reactor.Thread(name: "sender") {
            for number in 0..<5_000 { mailbox.send(number) }
        }
        loop.run()
        sender.join()
        #expect(received == Array(0..<5_000))
        #expect(mailbox.drain().isEmpty)
    }

    @Test func `several senders keep their own order`() throws {
        let mailbox = try Mailbox<(sender: Int, number: Int)>()
        let senders = try (0..<3).map { sender in
            try Reactor.Thread(name: "sender \(sender)") {
                for number in 0..<1_000 { mailbox.send((sender, number)) }
            }
        }
        var received: [(sender: Int, number: Int)] = []
        while received.count < 3_000 { received += mailbox.drain() }
        for sender in senders { sender.join() }
        for sender in 0..<3 {
            let numbers = received.filter { $0.sender == sender }.map(\.number)
            #expect(numbers == Array(0..<1_000))
        }
    }

    @Test func `commands sent before the owner waits are not lost`() throws {
        let mailbox = try Mailbox<String>()
        mailbox.send("early")
        let loop = try EventLoop()
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        try loop.register(mailbox.descriptor, .input, owner: owner, key: EventKey(index: 0))
        loop.turn(until: .distantPast)
        #expect(recorder.events.count == 1)
        #expect(mailbox.drain() == ["early"])
        loop.turn(until: .distantPast)
        #expect(recorder.events.count == 1, "an empty mailbox is silent")
    }

    @Test func `all owners see that there is mail before the instant of an announcement is read`()
        throws
    {
        let boxes = try (0..<3).map { _ in try Mailbox<Instant>() }
        #expect(!boxes.contains { $0.hasMail })
        let before = Clock.now()
        let instant = Mailbox.announce(to: boxes) { instant in
            #expect(boxes.allSatisfy { $0.hasMail })
            return instant
        }
        #expect(instant >= before)
        for box in boxes {
            #expect(box.drain() == [instant])
            #expect(!box.hasMail)
        }
    }

    /// What a stop rests on. Among many boxes, raising all flags takes longer than a look at the clock and the mail.
    @Test func `no owner who read the clock and then found no mail has overrun an announcement`()
        throws
    {
        let boxes = try (0..<64).map { _ in try Mailbox<Instant>() }
        let last = boxes[63]
        let readings = try Mailbox<Instant>()
        for _ in 0..<100 {
            let owner = try Reactor.Thread(name: "owner") {
                var latest = Clock.now()
                let limit = latest + .seconds(10)
                readings.send(latest)
                while latest < limit {
                    let now = Clock.now()
                    if last.hasMail { break }
                    latest = now
                }
                readings.send(latest)
            }
            while readings.drain().isEmpty {}
            let instant = Mailbox.announce(to: boxes) { $0 }
            owner.join()
            let latest = try #require(readings.drain().last)
            #expect(latest <= instant)
            for box in boxes { #expect(box.drain() == [instant]) }
        }
    }

    /// A burst goes on while its owner takes the first of it, so that its last command often comes amid a taking.
    @Test func `a command that is sent while another is taken rings for itself`() throws {
        let mailbox = try Mailbox<Int>()
        let answers = try Mailbox<Int>()
        let loop = try EventLoop()
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        try loop.register(mailbox.descriptor, .input, owner: owner, key: EventKey(index: 0))
        let (rounds, burst) = (300, 200)
        let sender = try Reactor.Thread(name: "sender") {
            let limit = Clock.now() + .seconds(60)
            for round in 0..<rounds {
                for _ in 0..<burst { mailbox.send(round) }
                while !answers.hasMail, Clock.now() < limit {}
                _ = answers.drain()
            }
        }
        for round in 0..<rounds {
            var received: [Int] = []
            while received.count < burst {
                loop.turn(until: Clock.now() + .seconds(10))
                // As a worker does: only what shows is taken.
                guard mailbox.hasMail else { break }
                received += mailbox.drain()
            }
            #expect(received == Array(repeating: round, count: burst))
            answers.send(round)
        }
        sender.join()
    }
}
