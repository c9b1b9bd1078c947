import Measure
import Reactor
import Testing
import Time

/// One writer and readers at once; `make test` runs these under ThreadSanitizer too.
@Suite struct CrossThreadMeasureTests {
    private static let rounds = 20_000

    @Test func `a reader that reads completed before sent never sees more completed than sent`()
        throws
    {
        let (sent, completed) = (Counter(), Counter())
        let writer = try Reactor.Thread(name: "writer") {
            for _ in 0..<Self.rounds {
                sent.add()
                completed.add()
            }
        }
        var last: UInt64 = 0
        while last < Self.rounds {
            let done = completed.value
            let started = sent.value
            #expect(done <= started)
            #expect(done >= last, "a counter never goes back")
            last = done
        }
        writer.join()
        #expect(sent.value == Self.rounds && completed.value == Self.rounds)
    }

    @Test func `histograms are read while they are written`() throws {
        let classic = Histogram(Bounds(Bounds.defaults))
        let fine = FineHistogram()
        let finished = Gauge()
        let sum = UInt128(Self.rounds) * UInt128((Self.rounds - 1) * 1_000 / 2 + 501)
        let writer = try Reactor.Thread(name: "writer") {
            for round in 0..<Int64(Self.rounds) {
                // Sums that are no whole microseconds.
                classic.record(.nanoseconds(round * 1_000 + 501))
                fine.record(.microseconds(round))
            }
            finished.set(1)
        }
        let reader = try Reactor.Thread(name: "reader") {
            while finished.value == 0 { _ = fine.snapshot() }
        }
        var last = classic.snapshot()
        while finished.value == 0 {
            let now = classic.snapshot()
            #expect(now.count >= last.count, "a histogram never goes back")
            #expect(now.sum >= last.sum, "nor does its sum")
            last = now
        }
        writer.join()
        reader.join()
        #expect(classic.snapshot().count == Self.rounds)
        #expect(classic.snapshot().sum == sum / 1_000 * 1_000)
        #expect(fine.snapshot().count == Self.rounds)
        #expect(fine.snapshot().greatest == .microseconds(Int64(Self.rounds - 1)))
    }

    @Test func `a gauge shows the last value set`() {
        let gauge = Gauge(3)
        #expect(gauge.value == 3)
        gauge.set(-7)
        #expect(gauge.value == -7)
    }
}
