import Foundation
import Reactor
import Synchronization
import Time

@testable import Server

/// A server on a thread of its own, as long as this object lives.
final class RunningServer: Sendable {
    private enum Command: Sendable {
        case stop
        case ask(@Sendable (Server) -> Void)
    }

    private final class Receiver: EventHandler {
        let mailbox: Mailbox<Command>
        let loop: EventLoop
        var server: Server?

        init(_ mailbox: Mailbox<Command>, _ loop: EventLoop) {
            self.mailbox = mailbox
            self.loop = loop
        }

        func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
            for command in mailbox.drain() {
                switch command {
                case .stop: loop.stop()
                case .ask(let question): if let server { question(server) }
                }
            }
        }
    }

    /// One value handed from one thread to another, without a descriptor: tests count those.
    private final class Answer<Value: Sendable>: Sendable {
        private let value = Mutex<Value?>(nil)
        private let given = DispatchSemaphore(value: 0)

        func give(_ value: Value) {
            self.value.withLock { $0 = value }
            given.signal()
        }

        func take() -> Value {
            given.wait()
            return value.withLock { $0! }
        }
    }

    let address: SocketAddress
    private let mailbox: Mailbox<Command>

    init(
        on ip: String = "127.0.0.1", limits: ServerLimits = ServerLimits(),
        routes: @escaping @Sendable () -> [Route]
    ) throws {
        let mailbox = try Mailbox<Command>()
        let bound = Answer<Result<SocketAddress, SystemError>>()
        let address = SocketAddress(ip: ip, port: 0)!
        _ = try Thread(name: "server") {
            do throws(SystemError) {
                let loop = try EventLoop()
                let receiver = Receiver(mailbox, loop)
                let owner = loop.attach(receiver)
                try loop.register(mailbox.descriptor, .input, owner: owner, key: EventKey(index: 0))
                let server = try Server(
                    listen: address, limits: limits, loop: loop, routes: routes())
                receiver.server = server
                bound.give(.success(server.localAddress))
                loop.run()
                server.close()
                receiver.server = nil
            } catch {
                bound.give(.failure(error))
            }
        }
        self.mailbox = mailbox
        self.address = try bound.take().get()
    }

    deinit { mailbox.send(.stop) }

    /// Asks the server on its own thread.
    func ask<Value: Sendable>(_ question: @escaping @Sendable (Server) -> Value) throws -> Value {
        let answer = Answer<Value>()
        mailbox.send(.ask { answer.give(question($0)) })
        return answer.take()
    }

    struct NeverHappened: Error {}

    /// Asks again and again until the answer is yes.
    /// - Throws: `NeverHappened` after 20 s.
    func wait(until condition: @escaping @Sendable (Server) -> Bool) throws {
        for _ in 0..<20_000 {
            if try ask(condition) { return }
            usleep(1_000)
        }
        throw NeverHappened()
    }
}

extension Server {
    var openConnections: Int { table.count }
}
