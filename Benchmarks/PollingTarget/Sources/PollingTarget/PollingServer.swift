import Glibc

/// A non-blocking TCP socket that listens on 127.0.0.1.
func listen(onLoopback port: UInt16) -> Int32 {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
    var one: Int32 = 1
    unsafe setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let bound = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard bound == 0, listen(listener, 1_024) == 0 else {
        fail("cannot listen on port \(port): \(unsafe String(cString: strerror(errno)))")
    }
    return listener
}

/// Connections that are read in turn, without ever waiting.
struct PollingServer {
    private let listener: Int32
    private var connections: [Connection] = []
    private var accepted: Int32 = 0
    private var buffer = [UInt8](repeating: 0, count: 16_384)
    private let answer = Array(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok".utf8)

    private struct Connection {
        let descriptor: Int32
        let number: Int32
        /// How many bytes of the blank line that ends a request have been seen.
        var matched = 0
    }

    init(listener: Int32) { self.listener = listener }

    mutating func acceptOne() {
        // Each accept that finds nobody leaves the kernel a file to free: in a loop, a millisecond of work at a time.
        var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard unsafe Glibc.poll(&entry, 1, 0) == 1 else { return }
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { return }
        var one: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        connections.append(Connection(descriptor: descriptor, number: accepted))
        accepted += 1
    }

    /// Reads each connection once; `arrived` gets a connection's number and its count of requests.
    mutating func poll(_ arrived: (Int32, Int) -> Void) {
        var index = 0
        while index < connections.count {
            let descriptor = connections[index].descriptor
            let length = unsafe recv(descriptor, &buffer, buffer.count, 0)
            if length > 0 {
                let requests = endings(in: length, of: index)
                if requests > 0 { arrived(connections[index].number, requests) }
                for _ in 0..<requests { unsafe send(descriptor, answer, answer.count, 0) }
            } else if length == 0 || (errno != EAGAIN && errno != EINTR) {
                close(descriptor)
                connections.swapAt(index, connections.count - 1)
                connections.removeLast()
                continue
            }
            index += 1
        }
    }

    /// Counts the blank lines: requests have no bodies here.
    private mutating func endings(in length: Int, of index: Int) -> Int {
        let carriageReturn = UInt8(ascii: "\r")
        let lineFeed = UInt8(ascii: "\n")
        var found = 0
        var matched = connections[index].matched
        for byte in buffer[..<length] {
            let wanted = matched % 2 == 0 ? carriageReturn : lineFeed
            matched = byte == wanted ? matched + 1 : byte == carriageReturn ? 1 : 0
            if matched == 4 {
                found += 1
                matched = 0
            }
        }
        connections[index].matched = matched
        return found
    }
}
