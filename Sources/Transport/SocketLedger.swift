import CCurl
import CLinux
import Glibc
import Reactor

/// The sockets that libcurl opened and has not closed, by descriptor. Its close callback alone does not tell: 7.88
/// closes a socket that never became a connection without it, and the number soon means another socket.
struct SocketLedger {
    private struct Entry {
        /// Tells a socket from its successor under the same number.
        let inode: UInt
        let address: SocketAddress?
    }

    private var entries: [Int32: Entry] = [:]
    /// The errno of the last socket that could not be had.
    private(set) var lastError: Int32 = 0

    /// Those whose peer closed them while idle; libcurl closes them when it looks for a connection.
    private var endedIdle: Set<Int32> = []

    /// How many are connections, or on the way to become one.
    var usable: Int { entries.count - endedIdle.count }

    mutating func markEnded(_ number: Int32) {
        if entries[number] != nil { endedIdle.insert(number) }
    }

    /// Opens what libcurl asks for.
    mutating func open(_ address: UnsafePointer<curl_sockaddr>) -> curl_socket_t {
        let number = unsafe socket(
            address.pointee.family, address.pointee.socktype | linux_socket_flags,
            address.pointee.protocol)
        if number < 0 {
            lastError = errno
        } else {
            endedIdle.remove(number)
            let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
            let generic = unsafe (UnsafeRawPointer(address) + offset)
                .assumingMemoryBound(to: sockaddr.self)
            let text = unsafe SocketAddress(generic, length: Int(address.pointee.addrlen))
            entries[number] = Entry(inode: Self.inode(number), address: text)
        }
        return number
    }

    mutating func close(_ number: curl_socket_t) {
        entries[number] = nil
        endedIdle.remove(number)
        _ = Glibc.close(number)
    }

    /// Strikes out what was closed behind our back.
    /// - Returns: the numbers.
    mutating func removeGone() -> [Int32] {
        let gone = entries.filter { Self.inode($0.key) != $0.value.inode }.map(\.key)
        for number in gone {
            entries[number] = nil
            endedIdle.remove(number)
        }
        return gone
    }

    /// Those that lead to none of these addresses.
    func strays(from addresses: [SocketAddress]) -> Set<Int32> {
        let known = Set(addresses.map { "\($0)" })
        return Set(
            entries.filter { entry in entry.value.address.map { !known.contains("\($0)") } ?? false
            }
            .keys)
    }

    private static func inode(_ number: Int32) -> UInt {
        var status = stat()
        return unsafe fstat(number, &status) == 0 ? UInt(status.st_ino) : 0
    }
}
