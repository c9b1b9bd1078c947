import Foundation
import Glibc

/// One accepted connection in the hands of its script. It closes when the script ends.
package final class HostileConnection {
    /// Connections are numbered from 0 in the order in which they were accepted.
    package let number: Int
    package private(set) var endsWithReset = false
    fileprivate let socket: Int32
    private unowned let server: HostileServer
    private var buffer: [UInt8] = []
    private var requests = 0

    init(_ socket: Int32, number: Int, server: HostileServer) {
        self.socket = socket
        self.number = number
        self.server = server
    }

    /// The server's port.
    package var port: UInt16 { server.port }

    // MARK: Reading

    /// Reads one request with its body; slowly with a pause of a millisecond per 64 KiB.
    @discardableResult
    package func readRequest(slowly: Bool = false) throws(Hangup) -> HostileRequest {
        let end: [UInt8] = Array("\r\n\r\n".utf8)
        var headEnd = Self.first(end, in: buffer)
        while headEnd == nil {
            try readMore()
            headEnd = Self.first(end, in: buffer)
        }
        let head = String(decoding: buffer[..<(headEnd! + 4)], as: UTF8.self)
        buffer.removeFirst(headEnd! + 4)
        var request = HostileRequest(head: head, bodyBytes: 0)
        let length = request.header("content-length").flatMap { Int($0) } ?? 0
        try read(length, slowly: slowly)
        request.bodyBytes = length
        requests += 1
        server.note {
            $0.requests.append(request)
            $0.carriers.append(number)
        }
        return request
    }

    /// Reads a number of bytes.
    package func read(_ count: Int, slowly: Bool = false) throws(Hangup) {
        while buffer.count < count {
            try readMore()
            if slowly { try pause(milliseconds: 1) }
        }
        buffer.removeFirst(count)
    }

    private func readMore() throws(Hangup) {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe chunk.withUnsafeMutableBytes {
            unsafe recv(socket, $0.baseAddress, $0.count, 0)
        }
        guard count > 0 else { throw Hangup() }
        buffer += chunk[..<count]
        server.note { $0.bytesReceived += count }
    }

    /// Waits until the client closes its side.
    package func hang() throws(Hangup) { while true { try readMore() } }

    private static func first(_ pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (0...bytes.count - pattern.count).first { bytes[$0...].starts(with: pattern) }
    }

    // MARK: Writing

    package func send(_ text: String) throws(Hangup) { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws(Hangup) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(
                    socket, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Hangup() }
            sent += count
        }
        let now = Sockets.monotonic()
        server.note {
            $0.sends += 1
            $0.lastSend = now
        }
    }

    /// Sends in two pieces, far enough apart to arrive one by one on a machine that is not busy.
    package func send(_ text: String, splitAt place: Int) throws(Hangup) {
        let bytes = Array(text.utf8)
        try send(Array(bytes[..<place]))
        try pause(milliseconds: 1)
        try send(Array(bytes[place...]))
    }

    package func pause(milliseconds: Int) throws(Hangup) {
        try server.sleep(milliseconds: milliseconds)
    }

    /// Waits until something was seen, or five seconds have passed.
    package func wait(for isSeen: (HostileServer.Sightings) -> Bool) {
        _ = server.waits(for: isSeen)
    }

    /// Ends the script with a reset instead of an orderly close.
    package func reset() throws(Hangup) -> Never {
        endsWithReset = true
        throw Hangup()
    }

    /// Answers every request with the same bytes until the client goes away.
    package func serve(_ answer: String) throws(Hangup) {
        while true {
            try readRequest()
            try send(answer)
        }
    }
}

extension HostileConnection {
    /// Carries bytes both ways between the client and a local port until one side ends.
    package func tunnel(to port: UInt16) throws(Hangup) {
        guard let other = Sockets.connect(port: port) else { throw Hangup() }
        defer { close(other) }
        while true {
            var ready = [
                pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
                pollfd(fd: other, events: Int16(POLLIN), revents: 0),
            ]
            guard unsafe poll(&ready, 2, -1) > 0 else { throw Hangup() }
            if ready[0].revents != 0 { try carry(from: socket, to: other) }
            if ready[1].revents != 0 { try carry(from: other, to: socket) }
        }
    }

    private func carry(from source: Int32, to target: Int32) throws(Hangup) {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe recv(source, $0.baseAddress, $0.count, 0)
        }
        guard count > 0 else { throw Hangup() }
        let sent = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(target, $0.baseAddress, count, Int32(MSG_NOSIGNAL))
        }
        guard sent == count else { throw Hangup() }
    }
}
