import Reactor
import TestSupport
import Testing
import Time

@testable import Transport

/// What the kernel's stamps say, and what they cannot say when the wall clock was set.
struct StampTests {
    /// The wall clock, set forward.
    private final class Wall {
        var shift = Nanoseconds.zero
        func now() -> Int64 { Clock.wall() + shift.count }
    }

    @Test func `bytes that came before the request was sent are not its answer`() throws {
        let sends = Locked(false)
        try withServer({ connection throws(Hangup) in
            for _ in 0..<2 {
                try connection.readRequest()
                try connection.send(plainAnswer)
            }
            if connection.number == 0 {
                while !sends.withLock({ $0 }) { try connection.pause(milliseconds: 1) }
                // Like a server that gives up an idle connection with a 408, and reads no further.
                try connection.send(plainAnswer)
                try connection.hang()
            }
            try connection.serve(plainAnswer)
        }) { server in
            let harness = try TransportHarness(.direct, port: server.port)
            let transport = try #require(harness.transport as? DirectTransport)
            for _ in 0..<2 { #expect(try harness.exchange().outcome == .ok) }
            sends.withLock { $0 = true }
            // Behind the last turn, and before the send: nobody could see them.
            try harness.wait(untilTrue: { Socket.hasInput(transport.table[0].descriptor) })
            // Beyond what a stamp may be off.
            Clock.sleep(until: Clock.now() + .microseconds(100))
            let one = try harness.exchange()
            #expect(one.outcome == .protocolError)
            #expect(!one.opened)
            #expect(one.firstByte == .notYet)
            #expect(harness.transport.describe(one).contains("before the request"))
            // The answer of the next one is its own.
            let next = try harness.exchange()
            #expect(next.outcome == .ok)
            #expect(next.opened)
        }
    }

    @Test func `the difference of the clocks is read in each turn`() throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let wall = Wall()
            let harness = try TransportHarness(.direct, port: server.port, wall: { wall.now() })
            // Set forward and back by an hour: the stamps of the first exchange seem to be an hour old.
            let shifts = [Nanoseconds.seconds(3_600), .zero, .seconds(-3_600), .zero]
            for (round, shift) in shifts.enumerated() {
                wall.shift = shift
                try harness.mustStart()
                try harness.run(untilTrue: { harness.transport.connections.active == 1 })
                #expect(server.waits { $0.sends == round + 1 })
                let sent = server.seen.lastSend
                let one = try harness.run(until: 1)[0]
                expectOrder(one)
                #expect(one.outcome == .ok)
                #expect(one.stamped)
                // Right again as soon as the clock is right.
                if shift == .zero { #expect(one.end.nanoseconds <= sent + 1_000_000) }
                if shift == .zero { #expect(one.end > one.actualStart) }
            }
        }
    }

    @Test func `a step of the wall clock turns no answer into one that came too early`() throws {
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let wall = Wall()
            let harness = try TransportHarness(.direct, port: server.port, wall: { wall.now() })
            #expect(try harness.exchange().outcome == .ok)
            for step in [1, -1, 3_600, -3_600] {
                try harness.mustStart()
                wall.shift = wall.shift - .seconds(Int64(step))
                #expect(try harness.run(until: 1)[0].outcome == .ok)
                wall.shift = .zero
                #expect(try harness.exchange().outcome == .ok)
            }
            #expect(server.seen.connections == 1)
        }
    }
}
