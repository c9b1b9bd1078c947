import Glibc

/// A system call that failed in a test's server.
package struct SocketFailure: Error, CustomStringConvertible {
    let call: String
    let code = errno

    package var description: String { "\(call): errno \(code)" }
}

/// Blocking sockets for the tests' servers.
package enum Sockets {
    /// - Parameter ip: a literal of either family.
    package static func listen(ip: String, port: UInt16, backlog: Int32) throws -> Int32 {
        let isIPv6 = ip.contains(":")
        let number = socket(isIPv6 ? AF_INET6 : AF_INET, stream, 0)
        guard number >= 0 else { throw SocketFailure(call: "socket") }
        var yes: Int32 = 1
        unsafe setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            guard unsafe inet_pton(AF_INET6, ip, &address.sin6_addr) == 1 else {
                throw SocketFailure(call: "inet_pton \(ip)")
            }
            try bindAndListen(number, &address, backlog)
            return number
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, ip, &address.sin_addr) == 1 else {
            throw SocketFailure(call: "inet_pton \(ip)")
        }
        try bindAndListen(number, &address, backlog)
        return number
    }

    package static func listen(unix path: String, backlog: Int32) throws -> Int32 {
        let number = socket(AF_UNIX, stream, 0)
        guard number >= 0 else { throw SocketFailure(call: "socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address) {
            unsafe $0[2...].copyBytes(from: Array(path.utf8))
        }
        try bindAndListen(number, &address, backlog)
        return number
    }

    private static func bindAndListen<Address>(
        _ number: Int32, _ address: inout Address, _ backlog: Int32
    ) throws {
        let code = unsafe withUnsafeBytes(of: &address) {
            unsafe bind(
                number, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self),
                socklen_t($0.count))
        }
        guard code == 0 else { throw SocketFailure(call: "bind") }
        guard Glibc.listen(number, backlog) == 0 else { throw SocketFailure(call: "listen") }
    }

    package static func port(of number: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = unsafe withUnsafeMutableBytes(of: &address) {
            unsafe getsockname(
                number, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
        guard code == 0 else { throw SocketFailure(call: "getsockname") }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Runs a body while connections that nobody accepts fill the backlog of a local listener: one of backlog 0.
    package static func withFullBacklog<Result>(
        port: UInt16, _ body: () throws -> Result
    ) rethrows -> Result {
        var fillers: [Int32] = []
        defer { for filler in fillers { close(filler) } }
        // The kernel takes one more than the backlog; the others show that it takes no more.
        for _ in 0..<4 {
            if let filler = connect(port: port, flags: nonBlocking) { fillers.append(filler) }
        }
        return try body()
    }

    /// A blocking connection to a local port; nil when it is refused.
    package static func connect(ip: String = "127.0.0.1", port: UInt16) -> Int32? {
        connect(ip: ip, port: port, flags: 0)
    }

    private static func connect(
        ip: String = "127.0.0.1", port: UInt16, flags: Int32
    ) -> Int32? {
        let number = socket(AF_INET, stream | flags, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        unsafe inet_pton(AF_INET, ip, &address.sin_addr)
        let code = unsafe withUnsafeBytes(of: &address) {
            unsafe Glibc.connect(
                number, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self),
                socklen_t($0.count))
        }
        if code == 0 || errno == EINPROGRESS { return number }
        close(number)
        return nil
    }

    /// A port that nobody listens on, at least for now.
    package static func unusedPort() throws -> UInt16 {
        let number = try listen(ip: "127.0.0.1", port: 0, backlog: 1)
        defer { close(number) }
        return try port(of: number)
    }

    /// For an accepted socket: no delay, and not for child processes.
    /// How many bytes have arrived and were not read.
    package static func bytesWaiting(on number: Int32) -> Int {
        var count: Int32 = 0
        return unsafe ioctl(number, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    static func prepare(_ number: Int32) {
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        var yes: Int32 = 1
        unsafe setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
    }

    static func resetOnClose(_ number: Int32) {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(
            number, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    package static func monotonic() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// SOCK_STREAM | SOCK_CLOEXEC; Swift does not always see the names of that enum of glibc's.
    private static let stream: Int32 = 1 | 0o2000000
    private static let nonBlocking: Int32 = 0o4000
}
