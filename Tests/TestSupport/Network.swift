import Foundation

/// Sockets on this machine for tests; blocking, with a limit of ten seconds.
package enum Network {
    package struct Failure: Error {
        package let call: String
        package let code: Int32

        init(_ call: String) {
            self.call = call
            code = errno
        }
    }

    /// A port that was free a moment ago.
    package static func freePort() throws -> UInt16 {
        try Listener(backlog: 1).port
    }

    fileprivate static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    fileprivate static func withAddress(
        _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = address(port)
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// A listener on 127.0.0.1 that never accepts: the kernel takes connections for it, and nobody
/// answers.
package final class Listener {
    package let port: UInt16
    private let descriptor: Int32

    package init(backlog: Int32 = 128) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let number = descriptor
        guard number >= 0 else { throw Network.Failure("socket") }
        guard unsafe Network.withAddress(0, { unsafe bind(number, $0, $1) }) == 0,
            listen(number, backlog) == 0
        else { throw Network.Failure("bind") }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(number, $0, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}

/// One client connection that says exactly what the test wants it to say.
package final class ClientConnection {
    private let descriptor: Int32

    package init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let number = descriptor
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(
            number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard unsafe Network.withAddress(port, { unsafe connect(number, $0, $1) }) == 0 else {
            throw Network.Failure("connect")
        }
    }

    deinit { close(descriptor) }

    package func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard
            unsafe Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                == bytes.count
        else { throw Network.Failure("send") }
    }

    /// Everything until the server closes.
    package func readAll() throws -> String {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 { throw Network.Failure("recv") }
            if count == 0 { return String(decoding: all, as: UTF8.self) }
            all += buffer.prefix(count)
        }
    }
}

extension Network {
    /// One GET on a connection of its own.
    package static func get(_ path: String, port: UInt16) throws -> (status: Int, body: String) {
        let connection = try ClientConnection(port: port)
        try connection.send("GET \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        let answer = try connection.readAll()
        let status = answer.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap {
            Int($0)
        }
        let body = answer.range(of: "\r\n\r\n").map { String(answer[$0.upperBound...]) }
        return (status ?? 0, body ?? "")
    }
}
