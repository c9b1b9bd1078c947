import CLinux
import Glibc

/// The calls on stream sockets that more than one room needs. All sockets are non-blocking and close on exec.
package enum Socket {
    package enum Attempt: Equatable, Sendable {
        case connected(Int32)
        case pending(Int32)
        case failed(errno: Int32)
    }

    /// Starts to connect.
    /// - Parameter stamped: whether the kernel stamps what arrives (`SO_TIMESTAMPNS`).
    package static func connect(to address: SocketAddress, stamped: Bool = false) -> Attempt {
        let descriptor = linux_socket(address.family)
        guard descriptor >= 0 else { return .failed(errno: errno) }
        if address.family != AF_UNIX {
            _ = linux_set_int_option(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            // Nothing is congested on loopback, and elaborate algorithms cost about 3 % of a request there.
            if address.isLoopback { _ = unsafe linux_set_congestion_control(descriptor, "reno") }
            if stamped { _ = linux_set_int_option(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, 1) }
        }
        let result = unsafe address.withSockaddr { unsafe Glibc.connect(descriptor, $0, $1) }
        if result == 0 { return .connected(descriptor) }
        let code = errno
        if code == EINPROGRESS { return .pending(descriptor) }
        _ = close(descriptor)
        return .failed(errno: code)
    }

    /// How a pending connect ended: 0, or an errno.
    package static func connectError(_ descriptor: Int32) -> Int32 {
        linux_socket_error(descriptor)
    }

    /// A listening socket; port 0 picks a free one.
    package static func listen(
        on address: SocketAddress, backlog: Int32 = 1_024
    ) throws(SystemError) -> FileDescriptor {
        let family = address.family
        let descriptor = FileDescriptor(try check("socket") { linux_socket(family) })
        let number = descriptor.number
        if family != AF_UNIX {
            try check("setsockopt") { linux_set_int_option(number, SOL_SOCKET, SO_REUSEADDR, 1) }
        }
        try check("bind") { unsafe address.withSockaddr { unsafe bind(number, $0, $1) } }
        try check("listen") { Glibc.listen(number, backlog) }
        return descriptor
    }

    /// - Returns: nil when nobody waits, or when the machine has no descriptor left to accept with.
    package static func accept(_ listener: Int32) -> FileDescriptor? {
        while true {
            let number = linux_accept(listener)
            if number >= 0 { return FileDescriptor(number) }
            if errno != EINTR && errno != ECONNABORTED { return nil }
        }
    }

    /// Whether a socket has something to read, or a listener somebody to accept. Without a descriptor to spare `accept`
    /// fails alike with and without.
    package static func hasInput(_ socket: Int32) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }

    /// Whether a socket takes bytes, or its connect has ended.
    package static func hasOutput(_ socket: Int32) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }

    /// How many bytes must have arrived before the kernel says so (`SO_RCVLOWAT`). An end or a reset it says at once.
    package static func setLowWaterMark(_ socket: Int32, _ bytes: Int32) {
        _ = linux_set_int_option(socket, SOL_SOCKET, SO_RCVLOWAT, bytes)
    }

    /// Where a socket is bound.
    package static func localAddress(_ descriptor: Int32) throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var address: SocketAddress?
        let code = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                let code = unsafe getsockname(descriptor, generic, &length)
                if code == 0 { address = unsafe SocketAddress(generic, length: Int(length)) }
                return code
            }
        }
        guard code == 0, let address else { throw SystemError("getsockname") }
        return address
    }

    package enum Received: Equatable, Sendable {
        case bytes(Int)
        case wouldBlock
        case end
        case failed(errno: Int32)
    }

    package static func receive(_ descriptor: Int32, into buffer: inout [UInt8]) -> Received {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
            }
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            let code = errno
            if code == EAGAIN { return .wouldBlock }
            if code != EINTR { return .failed(errno: code) }
        }
    }

    /// Sends what the socket takes of `bytes[start...]`; never raises SIGPIPE.
    /// - Returns: how many bytes went out (0 when it would block), or nil when the connection is gone.
    package static func send(_ descriptor: Int32, _ bytes: [UInt8], from start: Int) -> Int? {
        while true {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(
                    descriptor, $0.baseAddress! + start, $0.count - start,
                    Int32(MSG_NOSIGNAL))
            }
            if count >= 0 { return count }
            let code = errno
            if code == EAGAIN { return 0 }
            if code != EINTR { return nil }
        }
    }
}
