import Glibc
import Reactor
import Testing
import Time

/// Remembers what a loop told it, and does what a test wants on each event.
final class Recorder: EventHandler {
    var events: [(key: EventKey, readiness: Readiness)] = []
    var action: (EventKey) -> Void = { _ in }

    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        events.append((key, readiness))
        action(key)
    }
}

/// Two connected non-blocking Unix sockets: what one end sends is at once ready at the other.
struct Pair: ~Copyable {
    let near: FileDescriptor
    let far: FileDescriptor

    init() throws {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue) | O_NONBLOCK
        try #require(unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0)
        near = FileDescriptor(ends[0])
        far = FileDescriptor(ends[1])
    }
}

@Suite struct EventLoopTests {
    /// Only collects what is ready.
    private let past = Instant.distantPast

    @Test func `an event carries the key and readiness of its descriptor`() throws {
        let loop = try EventLoop()
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        let pair = try Pair()
        try loop.register(
            pair.near.number, .input, owner: owner, key: EventKey(index: 77, generation: 65_535))
        loop.turn(until: past)
        #expect(recorder.events.isEmpty)
        #expect(Socket.send(pair.far.number, [1], from: 0) == 1)
        loop.turn(until: past)
        #expect(recorder.events.count == 1)
        #expect(recorder.events[0].key == EventKey(index: 77, generation: 65_535))
        #expect(recorder.events[0].readiness.contains(.input))
    }

    @Test func `each event goes to the handler that owns its descriptor`() throws {
        let loop = try EventLoop()
        let (first, second) = (Recorder(), Recorder())
        let owners = [loop.attach(first), loop.attach(second)]
        let a = try Pair()
        let b = try Pair()
        try loop.register(a.near.number, .output, owner: owners[0], key: EventKey(index: 1))
        try loop.register(b.near.number, .output, owner: owners[1], key: EventKey(index: 2))
        var called = 0
        loop.turn(until: past) { _ in called += 1 }
        #expect(first.events.map(\.key.index) == [1])
        #expect(second.events.map(\.key.index) == [2])
        #expect(called == 2, "afterEach runs once per event")
    }

    @Test func `an edge is reported once, a level again and again`() throws {
        let loop = try EventLoop()
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        let edge = try Pair()
        let level = try Pair()
        try loop.register(edge.near.number, [.input, .edge], owner: owner, key: EventKey(index: 0))
        try loop.register(level.near.number, .input, owner: owner, key: EventKey(index: 1))
        #expect(Socket.send(edge.far.number, [1], from: 0) == 1)
        #expect(Socket.send(level.far.number, [1], from: 0) == 1)
        for _ in 0..<3 { loop.turn(until: past) }
        #expect(recorder.events.count { $0.key.index == 0 } == 1)
        #expect(recorder.events.count { $0.key.index == 1 } == 3)
        #expect(Socket.send(edge.far.number, [2], from: 0) == 1)
        loop.turn(until: past)
        #expect(recorder.events.count { $0.key.index == 0 } == 2, "new bytes are a new edge")
    }

    @Test func `interest can be changed and withdrawn`() throws {
        let loop = try EventLoop()
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        let pair = try Pair()
        try loop.register(pair.near.number, .output, owner: owner, key: EventKey(index: 0))
        try loop.change(pair.near.number, .input, owner: owner, key: EventKey(index: 5))
        loop.turn(until: past)
        #expect(recorder.events.isEmpty, "output is no longer asked for")
        #expect(Socket.send(pair.far.number, [1], from: 0) == 1)
        loop.turn(until: past)
        #expect(recorder.events.map(\.key.index) == [5])
        loop.unregister(pair.near.number)
        loop.turn(until: past)
        #expect(recorder.events.count == 1)
    }

    @Test func `the far end's closing is told`() throws {
        let loop = try EventLoop()
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        var ends: [Int32] = [0, 0]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let near = FileDescriptor(ends[0])
        try loop.register(
            near.number, [.input, .peerClosed], owner: owner, key: EventKey(index: 0))
        _ = close(ends[1])
        loop.turn(until: past)
        #expect(recorder.events.count == 1)
        #expect(recorder.events[0].readiness.contains(.peerClosed))
        var buffer = [UInt8](repeating: 0, count: 8)
        #expect(Socket.receive(near.number, into: &buffer) == .end)
    }

    @Test func `an event of a closed descriptor is told from its successor by the generation`()
        throws
    {
        let loop = try EventLoop()
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        var numbers: [Int32] = []
        for index in 0..<2 as Range<UInt32> {
            var ends: [Int32] = [0, 0]
            try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
            numbers += ends
            try loop.register(
                ends[0], .output, owner: owner, key: EventKey(index: index, generation: 1))
        }
        // The first event of the batch closes the second descriptor and puts a successor into its place.
        let successor = try Pair()
        let place = successor.near.number
        recorder.action = { key in
            guard recorder.events.count == 1 else { return }
            let other = key.index == 0 ? 1 : 0
            _ = close(numbers[2 * other])
            numbers[2 * other] = -1
            let next = EventKey(index: UInt32(other), generation: 2)
            #expect(throws: Never.self) {
                try loop.register(place, .output, owner: owner, key: next)
            }
        }
        loop.turn(until: past)
        #expect(recorder.events.map(\.key.generation) == [1, 1], "the second one is stale")
        let stale = recorder.events[1].key.index
        recorder.action = { _ in }
        recorder.events = []
        loop.turn(until: past)
        #expect(
            recorder.events.contains { $0.key == EventKey(index: stale, generation: 2) })
        #expect(!recorder.events.contains { $0.key == EventKey(index: stale, generation: 1) })
        for number in numbers where number >= 0 { _ = close(number) }
    }

    @Test(arguments: [false, true])
    func `a turn without events lasts until its deadline, later or earlier than the last one`(
        _ usesTimer: Bool
    ) throws {
        let loop = try EventLoop(usesTimer: usesTimer)
        for milliseconds in [3, 1, 5, 2] as [Int64] {
            let deadline = Clock.now() + .milliseconds(milliseconds)
            var turns = 0
            while Clock.now() < deadline {
                loop.turn(until: deadline)
                turns += 1
            }
            #expect(turns <= 2, "one wake-up, or two when an earlier alarm was still set")
        }
    }

    @Test(arguments: [false, true])
    func `a sleep is counted up to its deadline, and work is not`(_ usesTimer: Bool) throws {
        let loop = try EventLoop(usesTimer: usesTimer)
        let began = Clock.now()
        let deadline = began + .milliseconds(3)
        while Clock.now() < deadline { loop.turn(until: deadline) }
        #expect(loop.slept <= .milliseconds(3))
        #expect(loop.slept > .milliseconds(2))
        let before = loop.slept
        // A turn that finds its deadline over, and one that only collects.
        loop.turn(until: began)
        loop.turn(until: past)
        #expect(loop.slept == before)
    }

    @Test(arguments: [false, true])
    func `a sleep that an event ends is counted to the event`(_ usesTimer: Bool) throws {
        let loop = try EventLoop(usesTimer: usesTimer)
        let mailbox = try Mailbox<Int>()
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        try loop.register(mailbox.descriptor, .input, owner: owner, key: EventKey(index: 0))
        let start = Clock.now()
        let sender = try Reactor.Thread(name: "sender") {
            Clock.sleep(until: start + .milliseconds(5))
            mailbox.send(1)
        }
        loop.turn(until: start + .seconds(10))
        let end = Clock.now()
        sender.join()
        #expect(recorder.events.count == 1)
        #expect(loop.slept <= end - start)
        #expect(loop.slept > .milliseconds(4))
    }

    @Test(arguments: [false, true])
    func `a nearer deadline replaces a farther one that is still armed`(_ usesTimer: Bool) throws {
        let loop = try EventLoop(usesTimer: usesTimer)
        let recorder = Recorder()
        let owner = loop.attach(recorder)
        let pair = try Pair()
        try loop.register(pair.near.number, [.input, .edge], owner: owner, key: EventKey(index: 0))
        #expect(Socket.send(pair.far.number, [1], from: 0) == 1)
        loop.turn(until: Clock.now() + .seconds(3_600))
        #expect(recorder.events.count == 1)
        let near = Clock.now() + .milliseconds(1)
        while Clock.now() < near { loop.turn(until: near) }
    }

    @Test func `what a thread slept is counted, without what it overslept or only looked`() throws {
        let loop = try EventLoop()
        let began = Clock.now()
        var asked = Nanoseconds.zero
        for _ in 0..<50 {
            let now = Clock.now()
            loop.turn(until: now + .milliseconds(1))
            asked = asked + .milliseconds(1)
        }
        #expect(loop.slept > .zero)
        #expect(loop.slept <= asked)
        #expect(loop.slept <= Clock.now() - began)
        let before = loop.slept
        for _ in 0..<100 { loop.turn(until: .distantPast) }
        #expect(loop.slept == before)
    }
}
