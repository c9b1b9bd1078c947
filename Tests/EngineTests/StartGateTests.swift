import Glibc
import Reactor
import TestSupport
import Testing
import Time

@testable import Engine

/// How the gate tries until its target accepts.
@Suite struct StartGateTests {
    /// A loop with a gate on it that remembers its tries.
    private final class Ground {
        let loop: EventLoop
        let gate: StartGate
        private(set) var tries: [(code: Int32, address: SocketAddress, at: Instant)] = []

        init() throws {
            loop = try EventLoop()
            gate = StartGate(loop: loop)
            gate.onTry = { [unowned self] code, address in
                tries.append((code, address, Clock.now()))
            }
        }

        deinit { loop.detachAll() }

        /// Runs until so many tries have ended, ten seconds at most.
        /// - Parameter change: called after each try before the last, with how many there were.
        func run(until count: Int, change: @escaping (Int) -> Void = { _ in }) throws {
            var known = 0
            func look(_ now: Instant) {
                while known < tries.count {
                    known += 1
                    if known < count { change(known) }
                }
                if tries.count >= count { return loop.stop() }
                loop.schedule(at: now + .milliseconds(1), look)
            }
            loop.schedule(at: Clock.now(), look)
            loop.schedule(at: Clock.now() + .seconds(10)) { [loop] _ in loop.stop() }
            loop.run()
            gate.end()
            try #require(tries.count >= count)
        }
    }

    /// Nobody listens there.
    private static func unused(_ ip: String = "127.0.0.1") throws -> SocketAddress {
        let any = try #require(SocketAddress(ip: ip, port: 0))
        let listener = try Socket.listen(on: any)
        return try Socket.localAddress(listener.number)
    }

    @Test func `pauses between tries grow, and addresses take turns`() throws {
        let ground = try Ground()
        let addresses = [try Self.unused(), try Self.unused("127.0.0.2")]
        ground.gate.setPeers(addresses)
        try ground.run(until: 4)
        #expect(ground.tries.map(\.code) == Array(repeating: ECONNREFUSED, count: 4))
        #expect(ground.tries.map(\.address) == addresses + addresses)
        let gaps = zip(ground.tries, ground.tries.dropFirst()).map { $1.at - $0.at }
        // A pause begins a moment before its try is reported, and doubles from 50 ms.
        #expect(gaps[2] >= .milliseconds(190))
    }

    @Test func `addresses that come and go leave one try at a time`() throws {
        let ground = try Ground()
        let address = try Self.unused()
        ground.gate.setPeers([address])
        try ground.run(until: 5) { count in
            guard count < 4 else { return }
            ground.gate.setPeers([])
            ground.gate.setPeers([address])
        }
        // The last pause is of 400 ms, and not one of the earlier ones is still under way.
        #expect(ground.tries[4].at - ground.tries[3].at >= .milliseconds(390))
    }

    @Test func `a try that hangs is given up`() throws {
        let any = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
        let listener = try Socket.listen(on: any, backlog: 0)
        let full = try Socket.localAddress(listener.number)
        try Sockets.withFullBacklog(port: full.port) {
            let ground = try Ground()
            ground.gate.setPeers([full])
            // The try under way goes with its address.
            ground.gate.setPeers([])
            let other = try Self.unused()
            ground.gate.setPeers([full, other])
            try ground.run(until: 2)
            #expect(ground.tries.map(\.code) == [ECONNREFUSED, ETIMEDOUT])
            #expect(ground.tries.map(\.address) == [other, full])
        }
    }
}
