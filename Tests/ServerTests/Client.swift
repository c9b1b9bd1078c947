import Foundation
import Reactor

/// A client that says exactly what a test wants said, on a blocking socket.
final class Client {
    struct Failure: Error { let call: String }

    struct Answer {
        var status: Int
        var head: String
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            for line in head.components(separatedBy: "\r\n").dropFirst() {
                let parts = line.components(separatedBy: ": ")
                if parts[0].lowercased() == name.lowercased() { return parts[1] }
            }
            return nil
        }
    }

    private let descriptor: Int32
    private var isOpen = true
    private var buffer: [UInt8] = []

    /// - Parameter receiveBuffer: bytes that the kernel takes in without being read; nil leaves its
    ///   own choice.
    init(_ address: SocketAddress, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket") }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBuffer {
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4)
        }
        let number = descriptor
        let code = unsafe address.withSockaddr { unsafe connect(number, $0, $1) }
        guard code == 0 else {
            Foundation.close(descriptor)
            throw Failure(call: "connect")
        }
    }

    deinit { if isOpen { Foundation.close(descriptor) } }

    /// - Returns: whether all of it was taken.
    @discardableResult
    func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return unsafe Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            == bytes.count
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes so that the server sees a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        Foundation.close(descriptor)
        isOpen = false
    }

    /// What is there, or nil when the server has closed.
    func receive() throws -> [UInt8]? {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(descriptor, &piece, piece.count, 0)
        if count > 0 { return Array(piece.prefix(count)) }
        if count == 0 || errno == ECONNRESET { return nil }
        throw Failure(call: "recv: \(SystemError.text(of: errno))")
    }

    /// Everything until the server closes.
    func receiveAll() throws -> [UInt8] {
        var all = buffer
        buffer = []
        while let piece = try receive() { all += piece }
        return all
    }

    /// The next answer, by its Content-Length.
    /// - Parameter hasBody: false for `HEAD`.
    func answer(hasBody: Bool = true) throws -> Answer {
        while true {
            if let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
                var answer = Answer(status: Int(head.dropFirst(9).prefix(3))!, head: head, body: [])
                let length = hasBody ? Int(answer.header("Content-Length")!)! : 0
                if buffer.count >= end.upperBound + length {
                    answer.body = Array(buffer[end.upperBound..<end.upperBound + length])
                    buffer.removeFirst(end.upperBound + length)
                    return answer
                }
            }
            guard let piece = try receive() else { throw Failure(call: "closed: \(buffer.count)") }
            buffer += piece
        }
    }

    /// Sends a request without special wishes and takes its answer.
    func get(_ path: String, method: String = "GET", headers: String = "") throws -> Answer {
        send("\(method) \(path) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n")
        return try answer(hasBody: method != "HEAD")
    }
}
