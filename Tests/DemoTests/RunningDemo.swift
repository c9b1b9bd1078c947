import Demo
import Glibc
import Reactor
import Testing
import Time

/// A demo target on a free port of 127.0.0.1, on a thread of its own; stopped by `stop`.
struct RunningDemo {
    let address: SocketAddress
    private let commands: Mailbox<Command>
    private let thread: Reactor.Thread

    enum Command: Sendable {
        case behave(DemoBehaviour)
        case stop
    }

    /// Runs a target's loop, and does on its thread what the test asks for.
    private final class Host: EventHandler {
        let target: DemoTarget
        let loop: EventLoop
        let commands: Mailbox<Command>

        init(_ behaviour: DemoBehaviour, _ commands: Mailbox<Command>) throws {
            loop = try EventLoop()
            self.commands = commands
            let any = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
            target = try DemoTarget(listen: any, behaviour: behaviour, loop: loop)
            let owner = loop.attach(self)
            try loop.register(
                commands.descriptor, .input, owner: owner, key: EventKey(index: 0))
        }

        func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
            for command in commands.drain() {
                switch command {
                case .behave(let behaviour): target.behaviour = behaviour
                case .stop:
                    target.close()
                    loop.stop()
                }
            }
        }
    }

    init(_ behaviour: DemoBehaviour = .immediate) throws {
        let commands = try Mailbox<Command>()
        let started = try Mailbox<SocketAddress?>()
        thread = try Reactor.Thread(name: "demo") {
            do {
                let host = try Host(behaviour, commands)
                started.send(host.target.address)
                host.loop.run()
            } catch {
                started.send(nil)
            }
        }
        var reply: [SocketAddress?] = []
        while reply.isEmpty { reply = started.drain() }
        self.commands = commands
        address = try #require(reply[0])
    }

    func behave(_ behaviour: DemoBehaviour) { commands.send(.behave(behaviour)) }

    func stop() {
        commands.send(.stop)
        thread.join()
    }

    /// Asks once on a connection of its own, and returns the answer's status line, headers and body.
    func ask(_ target: String, method: String = "GET") throws -> Answer {
        let client = try Client(address)
        client.send("\(method) \(target) HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n")
        return Answer(client.readToEnd())
    }
}

/// One answer, taken apart only as far as the tests look.
struct Answer {
    let status: Int
    let head: String
    let body: String

    init(_ text: String) {
        let end = text.firstRange(of: "\r\n\r\n")
        head = end.map { String(text[..<$0.lowerBound]) } ?? text
        body = end.map { String(text[$0.upperBound...]) } ?? ""
        let words = head.split(separator: " ")
        status = words.count > 1 ? Int(words[1]) ?? 0 : 0
    }
}

/// A blocking client.
final class Client {
    let descriptor: FileDescriptor

    init(_ address: SocketAddress) throws {
        descriptor = FileDescriptor(socket(address.family, Int32(SOCK_STREAM.rawValue), 0))
        let number = descriptor.number
        let result = unsafe address.withSockaddr { unsafe connect(number, $0, $1) }
        try #require(result == 0)
    }

    func send(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count, let count = Socket.send(descriptor.number, bytes, from: sent) {
            sent += count
        }
    }

    /// Says that nothing more will be sent.
    func finish() { _ = shutdown(descriptor.number, Int32(SHUT_WR)) }

    func read(_ count: Int) -> String { decoded { $0.count < count } }

    func readToEnd() -> String { decoded { _ in true } }

    private func decoded(while wanted: ([UInt8]) -> Bool) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while wanted(bytes),
            case .bytes(let count) = Socket.receive(descriptor.number, into: &buffer)
        {
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension DemoBehaviour {
    /// No delay, no errors: answers as fast as it can.
    static var immediate: DemoBehaviour {
        var behaviour = DemoBehaviour()
        behaviour.median = .zero
        behaviour.p99 = .zero
        behaviour.tailRatio = 0
        behaviour.errorRatio = 0
        return behaviour
    }
}
