import Foundation
import Reactor
import TestSupport
import Testing
import Time

@testable import Transport

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

    @Test func `a socket that the loop cannot watch ends as local over plain curl`() async {
        await #expect(processExitsWith: .success) { try Self.breakLoop(.curl) }
    }

    @Test func `a socket that the loop cannot watch ends as local over TLS curl`() async {
        await #expect(processExitsWith: .success) { try Self.breakLoop(.curlTLS) }
    }

    @Test func `a socket that the loop cannot watch ends as local over TLS direct`() async {
        await #expect(processExitsWith: .success) { try Self.breakLoop(.directTLS) }
    }

    /// Takes the loop's epoll away.
    private static func breakLoop(_ kind: TransportKind) throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(kind, port: server.port)
            let folder = "/proc/self/fd"
            let polls = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
                let place = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "\(folder)/\($0)")
                return place?.contains("eventpoll") == true
            }
            for name in polls { _ = dup2(0, Int32(name)!) }
            for _ in 0..<2 {
                try harness.mustStart()
                let one = try harness.run(until: 1)[0]
                try #require(one.outcome == .local)
                try #require(!harness.transport.describe(one).isEmpty)
            }
            try #require(harness.transport.connections == ConnectionCounts())
        }
    }

    @Test(arguments: [
        (ECONNRESET, Outcome.reset), (EPIPE, .reset), (ETIMEDOUT, .timeout),
        (EHOSTUNREACH, .unreachable), (ENETUNREACH, .unreachable), (ENETDOWN, .unreachable),
        (ENOBUFS, .local), (ENOMEM, .local),
    ])
    func `a connection's errno has one outcome`(_ code: Int32, _ outcome: Outcome) {
        #expect(Outcome.ofTransfer(errno: code) == outcome)
    }

    /// Only the ports to one address of IPv6 are taken: nobody else misses them.
    @Test func `no port left ends as local on every transport`() throws {
        // A listener that takes nobody in: connects to it wait, and hold their ports.
        try withServer(ip: "::1", backlog: 0, nil) { server in
            let address = try #require(SocketAddress(ip: "::1", port: server.port))
            let hoard = try PortHoard(to: address)
            for kind in TransportKind.allCases {
                let one = try Self.failToConnect(kind, address, hoard)
                #expect(one.outcome == .local, "\(kind)")
                #expect(one.opened && one.sendStart == .notYet)
            }
        }
    }

    /// Connects when every port is taken. Another process may have given one back since: then the connect only waits,
    /// and it is the next one's turn.
    private static func failToConnect(
        _ kind: TransportKind, _ address: SocketAddress, _ hoard: PortHoard
    ) throws -> Exchange {
        let harness = try TransportHarness(kind, port: address.port, peers: [address]) {
            $0.timeout = .milliseconds(100)
        } curl: {
            $0 = $0.to(address.port)
            $0.url = "\(kind.isTLS ? "https" : "http")://six.ballast.test:\(address.port)"
            $0.resolvedHost = "six.ballast.test"
        }
        var one = Exchange()
        for _ in 0..<20 {
            try hoard.fill()
            one = try harness.exchange()
            if one.outcome != .connectTimeout { break }
        }
        try #require(!harness.transport.describe(one).isEmpty)
        return one
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

/// Another process that takes every port from which one address can be reached (`Fixtures/hold_ports.py`).
private final class PortHoard {
    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())

    init(to address: SocketAddress) throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/hold_ports.py")
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-I", script.path, address.host, "\(address.port)"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    func fill() throws {
        try input.fileHandleForWriting.write(contentsOf: Data("fill\n".utf8))
        let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        try #require(answer == "full\n")
    }
}
