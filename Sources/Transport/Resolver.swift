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
        /// Whether the answer is that the name has no address, rather than that there was no answer.
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
    /// - Parameter ask: the system's way to ask, or a test's.
    package static func lookUp(
        _ query: Query, ask: (Query, Int32) -> Reply = askSystem
    ) -> Result<[SocketAddress], Failure> {
        if let literal = SocketAddress(ip: query.host, port: query.port) {
            return .success([literal])
        }
        // Only families that this machine has, unless it has none but loopback.
        var reply = ask(query, AI_ADDRCONFIG)
        if reply.code != 0 { reply = ask(query, 0) }
        guard reply.code == 0 else {
            return .failure(
                Failure(reason: reply.reason, isFinal: finalCodes.contains(reply.code)))
        }
        return .success(reply.addresses)
    }

    /// The name does not exist; it has no address; it has none of a family that was asked for. The first question
    /// leaves families out, so only the second answer can be final. All else tells of the look-up, not of the name.
    private static let finalCodes = [EAI_NONAME, linux_eai_nodata, linux_eai_addrfamily]

    /// What one call of `getaddrinfo` says.
    package struct Reply {
        /// 0 or an EAI_* code.
        package let code: Int32
        package let addresses: [SocketAddress]
        /// In words, when there is a code.
        package let reason: String

        package init(_ addresses: [SocketAddress]) {
            (code, reason) = (0, "")
            self.addresses = addresses
        }

        /// - Parameter errno: counts with EAI_SYSTEM only.
        package init(failed code: Int32, errno: Int32 = 0) {
            self.code = code
            addresses = []
            reason =
                code == EAI_SYSTEM
                ? SystemError.text(of: errno) : unsafe String(cString: gai_strerror(code))
        }
    }

    package static func askSystem(_ query: Query, flags: Int32) -> Reply {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = linux_stream_type
        unsafe hints.ai_flags = flags
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(query.host, "\(query.port)", &hints, &list)
        guard code == 0 else { return Reply(failed: code, errno: errno) }
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
        return Reply(addresses)
    }
}
