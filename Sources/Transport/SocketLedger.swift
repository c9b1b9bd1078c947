import CCurl
import CLinux
import Glibc
import Reactor
import Time

/// The sockets that libcurl opened and has not closed, by descriptor. Its close callback alone does not tell: 7.88
/// closes a socket that never became a connection without it, and the number soon means another socket.
struct SocketLedger {
    private struct Entry {
        /// Tells a socket from its successor under the same number.
        let inode: UInt
        /// Which of the addresses it leads to, -1 for none of the present ones.
        var peer: Int32
        var localPort: UInt16 = 0
        /// Whether its peer, or we, ended it while it was idle; libcurl closes it when it looks for a connection.
        var isEnded = false
    }

    private var entries: [Int32: Entry] = [:]
    /// By what libcurl tells of a connection before it uses it.
    private var numbers: [UInt64: Int32] = [:]
    /// How many are connections, or on the way to become one.
    private(set) var usable = 0
    /// The errno of the last socket, 0 when it was had.
    private(set) var lastError: Int32 = 0
    /// How many that are usable lead to none of the present addresses.
    private(set) var strays = 0

    /// Opens what libcurl asks for.
    /// - Returns: its number, and the peer of a usable socket that had it and was closed behind our back.
    mutating func open(
        _ address: UnsafePointer<curl_sockaddr>, peer: Int32
    ) -> (number: curl_socket_t, former: Int32?) {
        let number = unsafe socket(
            address.pointee.family, address.pointee.socktype | linux_socket_flags,
            address.pointee.protocol)
        lastError = number < 0 ? errno : 0
        guard number >= 0 else { return (number, nil) }
        let former = strike(number)
        entries[number] = Entry(inode: Self.inode(number), peer: peer)
        usable += 1
        return (number, former)
    }

    /// What libcurl wants to connect to.
    static func name(_ address: UnsafePointer<curl_sockaddr>) -> SocketAddress? {
        let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
        let generic = unsafe (UnsafeRawPointer(address) + offset)
            .assumingMemoryBound(to: sockaddr.self)
        return unsafe SocketAddress(generic, length: Int(address.pointee.addrlen))
    }

    /// - Returns: the peer of a usable socket.
    mutating func close(_ number: curl_socket_t) -> Int32? {
        _ = Glibc.close(number)
        return strike(number)
    }

    /// - Returns: the peer of a usable socket.
    mutating func strike(_ number: Int32) -> Int32? {
        let peer = markEnded(number)
        guard let entry = entries.removeValue(forKey: number) else { return nil }
        let name = Self.name(peer: entry.peer, localPort: entry.localPort)
        if numbers[name] == number { numbers[name] = nil }
        return peer
    }

    /// Nobody will use it any more.
    /// - Returns: the peer of a socket that was usable until now.
    @discardableResult
    mutating func markEnded(_ number: Int32) -> Int32? {
        guard let entry = entries[number], !entry.isEnded else { return nil }
        entries[number]?.isEnded = true
        usable -= 1
        if entry.peer < 0 { strays -= 1 }
        return entry.peer
    }

    /// Whether a socket was closed behind our back; its number may mean another one by now.
    func isGone(_ number: Int32) -> Bool {
        entries[number].map { $0.inode != Self.inode(number) } ?? false
    }

    /// Strikes out what was closed behind our back.
    /// - Returns: the numbers.
    mutating func removeGone() -> [Int32] {
        let gone = entries.keys.filter { isGone($0) }
        for number in gone { _ = strike(number) }
        return gone
    }

    // MARK: Peers

    /// A plain number: hashing it for each request costs a third of what a structure does.
    private static func name(peer: Int32, localPort: UInt16) -> UInt64 {
        UInt64(UInt32(bitPattern: peer)) << 16 | UInt64(localPort)
    }

    mutating func connected(_ number: Int32, localPort: UInt16) {
        guard let entry = entries[number] else { return }
        entries[number]?.localPort = localPort
        numbers[Self.name(peer: entry.peer, localPort: localPort)] = number
    }

    func number(peer: Int32, localPort: UInt16) -> Int32? {
        numbers[Self.name(peer: peer, localPort: localPort)]
    }

    /// - Parameter peers: the new number of each former peer.
    mutating func renumber(_ peers: [Int32]) {
        numbers = [:]
        strays = 0
        for (number, entry) in entries {
            let peer = entry.peer < 0 ? -1 : peers[Int(entry.peer)]
            entries[number]?.peer = peer
            numbers[Self.name(peer: peer, localPort: entry.localPort)] = number
            if peer < 0, !entry.isEnded { strays += 1 }
        }
    }

    /// The usable ones that lead to a peer.
    func all(to peer: Int32) -> [Int32] {
        entries.filter { $0.value.peer == peer && !$0.value.isEnded }.map(\.key)
    }

    /// How long ago a TCP socket last received something, at most: the kernel counts in its ticks.
    static func ageOfLastBytes(_ number: Int32) -> Nanoseconds? {
        var info = tcp_info()
        var length = socklen_t(MemoryLayout<tcp_info>.size)
        guard unsafe getsockopt(number, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0 else {
            return nil
        }
        return .milliseconds(Int64(info.tcpi_last_data_recv) + tickMax)
    }

    private static let tickMax: Int64 = 10

    private static func inode(_ number: Int32) -> UInt {
        var status = stat()
        return unsafe fstat(number, &status) == 0 ? UInt(status.st_ino) : 0
    }
}
