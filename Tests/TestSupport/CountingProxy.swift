import Foundation

/// Stands between Ballast and its target and gives every complete request exactly one end, which it
/// counts. It never closes an idle connection, so that no request can be lost unseen.
package final class CountingProxy: @unchecked Sendable {
    package struct Counts: Sendable {
        package var connections = 0
        package var requests = 0
        /// Answers that went back whole.
        package var whole = 0
        /// Nothing of an answer went back, and the connection was reset.
        package var reset = 0
        /// Part of an answer went back, and the connection was closed.
        package var cut = 0
    }

    package let port: UInt16
    private let target: UInt16
    private let lock = NSLock()
    private var counts = Counts()
    private var isResetting = false
    private var answersToCut = 0
    private var servers: [HostileServer] = []

    package init(target: UInt16) throws {
        self.target = target
        port = try Sockets.unusedPort()
        try listen()
    }

    package var seen: Counts {
        let connections = servers.reduce(0) { $0 + $1.seen.connections }
        return lock.withLock {
            counts.connections = connections
            return counts
        }
    }

    /// Resets the connection of every further request; new connections are refused.
    package func refuse() {
        lock.withLock { isResetting = true }
        servers.last?.stopListening()
    }

    /// Sends the next so many whole answers without their last byte, and closes their connections.
    package func cut(_ count: Int) { lock.withLock { answersToCut = count } }

    /// Accepts connections, at first or again.
    package func listen() throws {
        lock.withLock { isResetting = false }
        let server = try HostileServer(port: port) { [unowned self] connection throws(Hangup) in
            try carry(connection)
        }
        servers.append(server)
    }

    package func stop() { for server in servers { server.stop() } }

    private func carry(_ client: HostileConnection) throws(Hangup) {
        var upstream: ClientStream?
        while true {
            let request = try client.readRequest()
            let isResetting = lock.withLock {
                counts.requests += 1
                return self.isResetting
            }
            let answer = isResetting ? [] : exchange(request.head, &upstream)
            switch Self.progress(of: answer) {
            case .whole:
                let isCut = lock.withLock {
                    guard answersToCut > 0 else {
                        counts.whole += 1
                        return false
                    }
                    answersToCut -= 1
                    counts.cut += 1
                    return true
                }
                try client.send(isCut ? Array(answer.dropLast()) : answer)
                if isCut { return }
            case .part:
                lock.withLock { counts.cut += 1 }
                try client.send(answer)
                return
            case .none:
                lock.withLock { counts.reset += 1 }
                try client.reset()
            }
        }
    }

    /// - Returns: what came of the answer until it was whole or the target went away. A kept
    ///   connection that died while idle is replaced before the request is sent.
    private func exchange(_ head: String, _ upstream: inout ClientStream?) -> [UInt8] {
        if upstream?.isGone ?? true { upstream = ClientStream(port: target) }
        guard let stream = upstream, stream.send(head) else { return [] }
        var answer: [UInt8] = []
        while Self.progress(of: answer) != .whole {
            guard let bytes = stream.receive() else {
                upstream = nil
                break
            }
            answer += bytes
        }
        return answer
    }

    private enum Progress { case none, part, whole }

    private static func progress(of answer: [UInt8]) -> Progress {
        let text = String(decoding: answer, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return .none }
        let fields = text[..<end.lowerBound].lowercased()
        let length = fields.components(separatedBy: "content-length: ").last?
            .prefix { $0.isNumber }
        return text[end.upperBound...].utf8.count >= Int(length ?? "") ?? 0 ? .whole : .part
    }
}

/// A blocking connection to the target that closes with this object.
private final class ClientStream {
    private let socket: Int32

    init?(port: UInt16) {
        guard let socket = Sockets.connect(port: port) else { return nil }
        self.socket = socket
    }

    deinit { close(socket) }

    /// The other side has closed or reset it.
    var isGone: Bool {
        var byte: UInt8 = 0
        let count = unsafe recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN)
    }

    func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return unsafe Foundation.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            == bytes.count
    }

    func receive() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(socket, &bytes, bytes.count, 0)
        return count > 0 ? Array(bytes[..<count]) : nil
    }
}
