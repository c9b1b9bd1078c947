import Glibc
import Reactor
import Time

/// Waits until a load's target accepts one connection: a native sidecar starts before its app. Tries again after a
/// growing pause, on the main thread's loop.
final class StartGate: EventHandler {
    /// How one try ended, with its errno; 0 for an accepted connection.
    typealias Try = (_ errno: Int32, _ address: SocketAddress) -> Void

    private static let firstPause = Nanoseconds.milliseconds(50)
    private static let pauseMax = Nanoseconds.seconds(1)
    /// A try that hangs longer than this is given up.
    private static let tryMax = Nanoseconds.seconds(2)

    private let loop: EventLoop
    private var owner: UInt16 = 0
    /// Hears of each try.
    var onTry: Try = { _, _ in }
    private var peers: [SocketAddress] = []
    private var tries = 0
    private var generation: UInt16 = 0
    /// The try under way.
    private var attempt: (descriptor: Int32, address: SocketAddress)?
    private var timer: TimerID?
    private var pause = firstPause
    private var isOver = false

    init(loop: EventLoop) {
        self.loop = loop
        owner = loop.attach(self)
    }

    /// Starts trying, or goes on with other addresses; without any it rests.
    func setPeers(_ peers: [SocketAddress]) {
        let wasIdle = self.peers.isEmpty
        self.peers = peers
        if peers.isEmpty { giveUp() }
        if wasIdle, !peers.isEmpty, !isOver { tryNext() }
    }

    /// No more tries.
    func end() {
        isOver = true
        giveUp()
    }

    private func tryNext() {
        guard !isOver, !peers.isEmpty else { return }
        let address = peers[tries % peers.count]
        tries += 1
        switch Socket.connect(to: address) {
        case .failed(let code): ended(code, address)
        case .connected(let number):
            _ = close(number)
            ended(0, address)
        case .pending(let number):
            attempt = (number, address)
            generation &+= 1
            let key = EventKey(index: UInt32(address.port), generation: generation)
            do {
                try loop.register(number, .output, owner: owner, key: key)
            } catch {
                giveUp()
                return ended(error.code, address)
            }
            timer = loop.schedule(at: Clock.now() + Self.tryMax) { [unowned self] _ in
                giveUp()
                ended(ETIMEDOUT, address)
            }
        }
    }

    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        guard key.generation == generation, let attempt else { return }
        let code = Socket.connectError(attempt.descriptor)
        giveUp()
        ended(code, attempt.address)
    }

    private func ended(_ code: Int32, _ address: SocketAddress) {
        if code != 0 {
            timer = loop.schedule(at: Clock.now() + pause) { [unowned self] _ in tryNext() }
            pause = min(pause * 2, Self.pauseMax)
        }
        onTry(code, address)
    }

    /// Ends the try under way, or the pause before the next one.
    private func giveUp() {
        if let attempt { _ = close(attempt.descriptor) }
        attempt = nil
        if let timer { loop.cancel(timer) }
        timer = nil
    }
}
