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
}
