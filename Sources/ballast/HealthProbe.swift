import Glibc
import Reactor
import Time

/// One GET to Ballast's own port, over within a second.
final class HealthProbe: EventHandler {
    enum Verdict: Equatable {
        case healthy(String)
        case unhealthy(String)
    }

    static let standardPath = "/livez"
    private static let timeMax = Nanoseconds.seconds(1)

    private let host: String
    private let port: UInt16
    private let path: String
    private var descriptor: Int32 = -1
    private var isConnected = false
    private var answer: [UInt8] = []
    private var verdict: Verdict?

    /// - Parameter host: an IP literal or `localhost`; addresses that only a listener can have
    ///   stand for this machine.
    init(host: String, port: UInt16, path: String = standardPath) {
        self.host =
            switch host {
            case "0.0.0.0", "localhost": "127.0.0.1"
            case "::": "::1"
            default: host
            }
        self.port = port
        self.path = path
    }

    func run() -> Verdict {
        guard let address = SocketAddress(ip: host, port: port) else {
            return .unhealthy("\(host) is not an IP address")
        }
        do {
            return try ask(address)
        } catch {
            return .unhealthy("\(error)")
        }
    }

    private func ask(_ address: SocketAddress) throws(SystemError) -> Verdict {
        let loop = try EventLoop()
        switch Socket.connect(to: address) {
        case .connected(let number), .pending(let number): descriptor = number
        case .failed(let code): return .unhealthy("\(address): \(SystemError.text(of: code))")
        }
        defer { _ = close(descriptor) }
        let owner = loop.attach(self)
        try loop.register(descriptor, .output, owner: owner, key: EventKey(index: 0))
        let deadline = Clock.now() + Self.timeMax
        while verdict == nil {
            guard Clock.now() < deadline else {
                return .unhealthy("\(address): no answer within \(Self.timeMax)")
            }
            let wasConnected = isConnected
            loop.turn(until: deadline)
            if isConnected, !wasConnected {
                try loop.change(descriptor, .input, owner: owner, key: EventKey(index: 0))
            }
        }
        return verdict ?? .unhealthy("no answer")
    }

    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        if isConnected { receive() } else { send() }
    }

    private func send() {
        let code = Socket.connectError(descriptor)
        guard code == 0 else {
            verdict = .unhealthy("\(host):\(port): \(SystemError.text(of: code))")
            return
        }
        let name = host.contains(":") ? "[\(host)]" : host
        let request = Array(
            "GET \(path) HTTP/1.1\r\nHost: \(name):\(port)\r\nConnection: close\r\n\r\n".utf8)
        // A few bytes on a fresh connection: they always fit.
        guard Socket.send(descriptor, request, from: 0) == request.count else {
            verdict = .unhealthy("\(host):\(port): the request could not be sent")
            return
        }
        isConnected = true
    }

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        switch Socket.receive(descriptor, into: &buffer) {
        case .bytes(let count): answer += buffer.prefix(count)
        case .wouldBlock: return
        case .end, .failed: return judge(isOver: true)
        }
        judge(isOver: false)
    }

    /// Only the status line counts.
    private func judge(isOver: Bool) {
        let line = answer.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        guard line.count < answer.count else {
            if isOver || answer.count > 4_096 { verdict = .unhealthy("the answer is not HTTP") }
            return
        }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            verdict = .unhealthy("the answer is not HTTP")
            return
        }
        verdict = status == 200 ? .healthy("ok") : .unhealthy("\(path) answered \(status)")
    }
}
