import Testing
import Time

@testable import Engine

/// Who of a closed loop's callers may ask next.
@Suite struct ClosedLoopTests {
    private let start = Instant(nanoseconds: 1_000_000_000)

    @Test func `each answer pays for one failure`() {
        var loop = ClosedLoop(callers: 2)
        for _ in 0..<1_000 {
            loop.ended(hasAnswer: false, at: start)
            loop.ended(hasAnswer: true, at: start)
            #expect(loop.ready(at: start, inFlight: 0) == 2)
        }
        #expect(loop.nextEnd == .distantFuture)
    }

    @Test func `without credit each caller that failed rests for itself`() {
        var loop = ClosedLoop(callers: 2)
        for _ in 0..<8 { loop.ended(hasAnswer: false, at: start) }
        #expect(loop.ready(at: start, inFlight: 0) == 2)
        loop.ended(hasAnswer: false, at: start)
        #expect(loop.ready(at: start, inFlight: 0) == 1)
        #expect(loop.ready(at: start, inFlight: 1) == 0)
        loop.ended(hasAnswer: false, at: start + .milliseconds(4))
        #expect(loop.ready(at: start + .milliseconds(4), inFlight: 0) == 0)
        #expect(loop.nextEnd == start + .milliseconds(10))
        #expect(loop.ready(at: start + .milliseconds(10), inFlight: 0) == 1)
        #expect(loop.nextEnd == start + .milliseconds(14))
        #expect(loop.ready(at: start + .milliseconds(14), inFlight: 0) == 2)
    }

    @Test func `credit is bounded`() {
        var loop = ClosedLoop(callers: 20)
        for _ in 0..<1_000 { loop.ended(hasAnswer: true, at: start) }
        for _ in 0..<20 { loop.ended(hasAnswer: false, at: start) }
        #expect(loop.ready(at: start, inFlight: 0) == 20)
        for count in 1...20 {
            loop.ended(hasAnswer: false, at: start)
            #expect(loop.ready(at: start, inFlight: 0) == 20 - count)
        }
    }

    @Test func `callers go on in the order in which they failed, however often they have`() {
        var loop = ClosedLoop(callers: 3)
        var now = start
        // Uses the credit up.
        for _ in 0..<8 { loop.ended(hasAnswer: false, at: now) }
        for _ in 0..<10 {
            for _ in 0..<2 {
                loop.ended(hasAnswer: false, at: now)
                now = now + .milliseconds(4)
            }
            let first = now + .milliseconds(2)
            #expect(loop.nextEnd == first)
            #expect(loop.ready(at: first, inFlight: 0) == 2)
            now = first + .milliseconds(4)
            #expect(loop.nextEnd == now)
            #expect(loop.ready(at: now, inFlight: 0) == 3)
        }
    }
}
