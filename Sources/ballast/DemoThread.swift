import Demo
import Glibc
import Reactor
import Time

/// The demo's target on a thread of its own, as a service beside us would be. It lives as long as
/// the process.
struct DemoThread {
    let address: SocketAddress

    init(_ behaviour: DemoBehaviour) throws(StartError) {
        do {
            let answers = try Mailbox<Result<SocketAddress, SystemError>>()
            _ = try Thread(name: "demo-target") {
                do throws(SystemError) {
                    Clock.sharpenTimers()
                    let loop = try EventLoop()
                    let target = try DemoTarget(
                        listen: SocketAddress(ip: "127.0.0.1", port: 0)!, behaviour: behaviour,
                        loop: loop)
                    answers.send(.success(target.address))
                    loop.run()
                } catch {
                    answers.send(.failure(error))
                }
            }
            address = try Self.first(of: answers).get()
        } catch {
            throw StartError("the demo's target cannot start: \(error)")
        }
    }

    private static func first<Value>(of mailbox: Mailbox<Value>) throws(SystemError) -> Value {
        let loop = try EventLoop()
        let waiter = Waiter()
        let owner = loop.attach(waiter)
        try loop.register(mailbox.descriptor, .input, owner: owner, key: EventKey(index: 0))
        while true {
            if let value = mailbox.drain().first { return value }
            loop.turn(until: .distantFuture)
        }
    }

    private final class Waiter: EventHandler {
        func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {}
    }
}
