package import Glibc

/// An address that a socket connects or binds to: IPv4, IPv6 or a Unix path.
@safe package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The kernel's form, as long as its family needs.
    package let bytes: [UInt8]

    /// - Parameter ip: a literal, `127.0.0.1` or `::1`; nil when it is a name.
    package init?(ip: String, port: UInt16) {
        var v4 = sockaddr_in()
        var v6 = sockaddr_in6()
        if unsafe inet_pton(AF_INET, ip, &v4.sin_addr) == 1 {
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            bytes = unsafe withUnsafeBytes(of: &v4) { unsafe Array($0) }
        } else if unsafe inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1 {
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            bytes = unsafe withUnsafeBytes(of: &v6) { unsafe Array($0) }
        } else {
            return nil
        }
    }

    /// - Returns: nil when the path is longer than the kernel takes (107 bytes).
    package init?(unixPath path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(path.utf8)
        guard path.count < 108 else { return nil }
        var bytes = unsafe withUnsafeBytes(of: &address) { unsafe Array($0) }
        bytes.replaceSubrange(2..<2 + path.count, with: path)
        self.bytes = bytes
    }

    /// Copies the kernel's form, for instance from `getaddrinfo`; nil for a family other than the three.
    package init?(_ address: UnsafePointer<sockaddr>, length: Int) {
        guard [AF_INET, AF_INET6, AF_UNIX].contains(unsafe Int32(address.pointee.sa_family)) else {
            return nil
        }
        bytes = unsafe Array(UnsafeRawBufferPointer(start: address, count: length))
    }

    package var family: Int32 { Int32(bytes[0]) | Int32(bytes[1]) << 8 }

    /// Zero for a Unix path.
    package var port: UInt16 {
        family == AF_UNIX ? 0 : UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    }

    /// The address without port: `127.0.0.1`, `::1`, or a path.
    package var host: String {
        if family == AF_UNIX {
            return String(decoding: bytes[2...].prefix { $0 != 0 }, as: UTF8.self)
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let offset = family == AF_INET ? 4 : 8
        _ = unsafe bytes.withUnsafeBytes { source in
            unsafe inet_ntop(
                family, source.baseAddress! + offset, &text, socklen_t(INET6_ADDRSTRLEN))
        }
        return String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package var isLoopback: Bool {
        switch family {
        case AF_UNIX: true
        case AF_INET: bytes[4] == 127
        default: host == "::1" || host.hasPrefix("::ffff:127.")
        }
    }

    package var description: String {
        switch family {
        case AF_UNIX: "unix:\(host)"
        case AF_INET: "\(host):\(port)"
        default: "[\(host)]:\(port)"
        }
    }

    package func withSockaddr<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBytes { raw in
            unsafe body(
                raw.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
        }
    }
}
