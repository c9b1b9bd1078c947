import ArgumentParser
import Config
import Glibc
import Reactor
import System
import Time

struct Healthcheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Ask a running Ballast whether it works: exit 0 if so, else 1.",
        discussion: """
            The one on this machine, where BALLAST_LISTEN says or else on port 9909:
              ballast healthcheck

            The one on this machine that runs a file, where BALLAST_LISTEN or else the file says:
              ballast healthcheck ballast.yaml

            Whether another one does its work (503 once it stops):
              ballast healthcheck http://127.0.0.1:9000/readyz

            In a Dockerfile:
              HEALTHCHECK CMD ["ballast", "healthcheck", "/etc/ballast/ballast.yaml"]
            """)

    @Argument(
        help: """
            A configuration file; or http:// with an IP address or localhost, and /livez unless it \
            has a path.
            """, completion: .file(extensions: ["yaml", "yml"]))
    var place: String?

    @Option(help: "The port on 127.0.0.1, instead of a place.")
    var port: String?

    func run() throws {
        let probe: HealthProbe
        if let place, place.contains("://") {
            let (target, path) = try flag("URL", place, FlagValue.url)
            guard target.scheme == .http else {
                throw ValidationError("URL: Ballast's own port speaks plain http")
            }
            let text = TemplateText.source(path)
            probe = HealthProbe(
                host: target.host, port: target.port,
                path: text.isEmpty || text == "/" ? HealthProbe.standardPath : text)
        } else if let port {
            let address = try flag("--port", ":" + port, FlagValue.listen)
            guard address.port > 0 else {
                throw ValidationError("--port: 0 is no port to ask (1 to 65535)")
            }
            probe = HealthProbe(host: "127.0.0.1", port: address.port)
        } else {
            let address = try self.address()
            probe = HealthProbe(host: address.host, port: address.port)
        }
        switch probe.run() {
        case .healthy(let text): writeResult(text + "\n")
        case .unhealthy(let reason):
            writeResult("unhealthy: \(reason)\n")
            leave(ExitStatus.failed)
        }
    }

    /// Where this machine's Ballast listens.
    private func address() throws -> ListenAddress {
        let listen = Environment.value("BALLAST_LISTEN")
        if let given = try flag("BALLAST_LISTEN", listen, FlagValue.listen) { return given }
        guard let place else { return ListenAddress(host: "127.0.0.1", port: 9_909) }
        // An image knows one place for the file; a command that runs another, or none, listens on the usual port.
        guard SystemFile.isThere(place) else {
            return ListenAddress(host: "127.0.0.1", port: 9_909)
        }
        do throws(ConfigurationError) {
            return try ServerSettings.load(path: place).listen
        } catch {
            writeResult("unhealthy: \(error.rendered)")
            leave(ExitStatus.failed)
        }
    }
}

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
