import Demo
import Glibc
import Reactor
import Time

/// The demo's target on a thread of its own, as a service beside us would be. It lives as long as
/// the process.
final class DemoThread: EventHandler {
    /// What it is known to listen on; another port where that is taken.
    static let usualPort: UInt16 = 9_910

    let address: SocketAddress
    /// As far as it was changed here.
    private var behaviour: DemoBehaviour
    private let queries: Mailbox<String>
    private let stalls: Mailbox<Nanoseconds>
    /// Hears on `loop` of each stall that somebody asked for.
    var onStall: (Nanoseconds) -> Void = { _ in }

    init(_ behaviour: DemoBehaviour, loop: EventLoop) throws(StartError) {
        self.behaviour = behaviour
        do {
            let answers = try Mailbox<Result<SocketAddress, SystemError>>()
            let queries = try Mailbox<String>()
            let stalls = try Mailbox<Nanoseconds>()
            self.queries = queries
            self.stalls = stalls
            _ = try Thread(name: "demo-target") {
                DemoThread.serve(behaviour, answers, queries, stalls)
            }
            address = try Self.first(of: answers).get()
            let owner = loop.attach(self)
            try loop.register(stalls.descriptor, .input, owner: owner, key: EventKey(index: 0))
        } catch {
            throw StartError("the demo's target cannot start: \(error)")
        }
    }

    /// Changes how the target behaves.
    /// - Throws: what is wrong with the query, for how the target behaves now.
    func change(_ query: Substring) throws {
        try behaviour.apply(query: query)
        queries.send(String(query))
    }

    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        for stall in stalls.drain() { onStall(stall) }
    }

    /// The thread's whole life.
    private static func serve(
        _ behaviour: DemoBehaviour, _ answers: Mailbox<Result<SocketAddress, SystemError>>,
        _ queries: Mailbox<String>, _ stalls: Mailbox<Nanoseconds>
    ) {
        do throws(SystemError) {
            Clock.sharpenTimers()
            let loop = try EventLoop()
            let target = try Self.target(behaviour, on: loop)
            target.onStall = { stalls.send($0) }
            let listener = try Listener(queries, loop) { query, now in
                // The page's route has looked at it already.
                try? target.change(query[...], at: now)
            }
            answers.send(.success(target.address))
            loop.run()
            _ = listener
        } catch {
            answers.send(.failure(error))
        }
    }

    private static func target(
        _ behaviour: DemoBehaviour, on loop: EventLoop
    ) throws(SystemError) -> DemoTarget {
        do throws(SystemError) {
            return try DemoTarget(
                listen: SocketAddress(ip: "127.0.0.1", port: usualPort)!, behaviour: behaviour,
                loop: loop)
        } catch {
            guard error.code == EADDRINUSE else { throw error }
            return try DemoTarget(
                listen: SocketAddress(ip: "127.0.0.1", port: 0)!, behaviour: behaviour, loop: loop)
        }
    }

    private static func first<Value>(of mailbox: Mailbox<Value>) throws(SystemError) -> Value {
        let loop = try EventLoop()
        var first: Value?
        let listener = try Listener(mailbox, loop) { value, _ in first = first ?? value }
        while true {
            if let first { return first }
            loop.turn(until: .distantFuture)
            _ = listener
        }
    }

    /// Hands over what comes into a mailbox.
    private final class Listener<Value: Sendable>: EventHandler {
        private let mailbox: Mailbox<Value>
        private let take: (Value, Instant) -> Void

        init(
            _ mailbox: Mailbox<Value>, _ loop: EventLoop,
            _ take: @escaping (Value, Instant) -> Void
        ) throws(SystemError) {
            self.mailbox = mailbox
            self.take = take
            let owner = loop.attach(self)
            try loop.register(
                mailbox.descriptor, .input, owner: owner, key: EventKey(index: 0))
        }

        func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
            for value in mailbox.drain() { take(value, now) }
        }
    }
}
