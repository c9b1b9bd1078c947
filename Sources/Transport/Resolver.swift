import CLinux
import Glibc
package import Reactor
package import Time

/// Looks names up, again and again, on a thread of its own: no look-up ever happens on a request's path.
package final class Resolver {
    /// One host and port that a load connects to.
    package struct Query: Hashable, Sendable {
        package let host: String
        package let port: UInt16

        package init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }
    }

    package struct Answer: Sendable {
        package let query: Query
        package let result: Result<[SocketAddress], Failure>
        /// How long the look-up took.
        package let duration: Nanoseconds
    }

    package struct Failure: Error, Hashable, Sendable {
        package let reason: String
        /// Whether the name is known not to exist, rather than the look-up having failed.
        package let isFinal: Bool
    }

    /// How long an answer is trusted.
    package static let interval = Nanoseconds.seconds(5)

    private let thread: Thread

    /// Starts the thread. It looks all names up at once, then every `interval`, and never ends: a look-up cannot be
    /// interrupted, and the process does not wait for it.
    /// - Parameter answers: where each answer is sent.
    package init(_ queries: [Query], answers: Mailbox<Answer>) throws(SystemError) {
        thread = try Thread(name: "resolver") { Resolver.serve(queries, answers) }
    }

    private static func serve(_ queries: [Query], _ answers: Mailbox<Answer>) {
        while true {
            let next = Clock.now() + interval
            for query in queries { answers.send(answer(query)) }
            Clock.sleep(until: next)
        }
    }

    private static func answer(_ query: Query) -> Answer {
        let start = Clock.now()
        let result = lookUp(query)
        return Answer(query: query, result: result, duration: Clock.now() - start)
    }

    /// All stream addresses of a host, IPv4 and IPv6, in the system's order.
    package static func lookUp(_ query: Query) -> Result<[SocketAddress], Failure> {
        if let literal = SocketAddress(ip: query.host, port: query.port) {
            return .success([literal])
        }
        var list: UnsafeMutablePointer<addrinfo>?
        // Only families that this machine has, unless it has none but loopback.
        var code = unsafe getAddresses(query, flags: AI_ADDRCONFIG, &list)
        if code != 0 { code = unsafe getAddresses(query, flags: 0, &list) }
        guard code == 0 else {
            let reason =
                code == EAI_SYSTEM
                ? SystemError.text(of: errno) : unsafe String(cString: gai_strerror(code))
            return .failure(Failure(reason: reason, isFinal: code == EAI_NONAME))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = unsafe list
        while let info = unsafe entry?.pointee {
            if let raw = unsafe info.ai_addr,
                let address = unsafe SocketAddress(raw, length: Int(info.ai_addrlen)),
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            unsafe entry = unsafe info.ai_next
        }
        return .success(addresses)
    }

    private static func getAddresses(
        _ query: Query, flags: Int32, _ list: inout UnsafeMutablePointer<addrinfo>?
    ) -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = linux_stream_type
        unsafe hints.ai_flags = flags
        return unsafe getaddrinfo(query.host, "\(query.port)", &hints, &list)
    }
}
