import Glibc
import Reactor
import TestSupport
import Testing
import Time
import Transport

/// What our own machine refuses is never the target's fault.
struct LocalFailureTests {
    // In a process of its own: the others need their descriptors.

    @Test func `no descriptor left ends as local over plain direct`() async {
        await #expect(processExitsWith: .success) { try Self.exhaust(.direct) }
    }

    @Test func `no descriptor left ends as local over TLS direct`() async {
        await #expect(processExitsWith: .success) { try Self.exhaust(.directTLS) }
    }

    @Test func `no descriptor left ends as local over plain curl`() async {
        await #expect(processExitsWith: .success) { try Self.exhaust(.curl) }
    }

    @Test func `no descriptor left ends as local over TLS curl`() async {
        await #expect(processExitsWith: .success) { try Self.exhaust(.curlTLS) }
    }

    /// Takes every descriptor, looks at what a request that needs one becomes, and gives them back.
    private static func exhaust(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in
            while true {
                try connection.readRequest()
                try connection.pause(milliseconds: 20)
                try connection.send(plainAnswer)
            }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            try #require(try harness.exchange().outcome == .ok)
            var limit = rlimit(rlim_cur: 200, rlim_max: 200)
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            var hoard: [Int32] = []
            while case let number = dup(0), number >= 0 { hoard.append(number) }
            for _ in 0..<2 {
                // The first takes the idle connection, the second needs a new one.
                try harness.mustStart()
                try harness.mustStart()
                let all = try harness.run(until: 2)
                try #require(Set(all.map(\.outcome)) == [.ok, .local])
                let failed = all.first { $0.outcome == .local }!
                try #require(!harness.transport.describe(failed).isEmpty)
            }
            for number in hoard { close(number) }
            for _ in 0..<2 { try harness.mustStart() }
            try #require(try harness.run(until: 2).allSatisfy { $0.outcome == .ok })
        }
    }

    @Test(arguments: [
        (ECONNREFUSED, Outcome.refused), (ENOENT, .refused), (ETIMEDOUT, .connectTimeout),
        (ECONNRESET, .reset), (EHOSTUNREACH, .unreachable), (ENETUNREACH, .unreachable),
        (EMFILE, .local), (ENFILE, .local), (ENOBUFS, .local), (ENOMEM, .local),
        (EADDRNOTAVAIL, .local), (EADDRINUSE, .local), (EACCES, .local), (EAGAIN, .local),
    ])
    func `a connect's errno has one outcome`(_ code: Int32, _ outcome: Outcome) {
        #expect(Outcome(connectErrno: code) == outcome)
    }
}
