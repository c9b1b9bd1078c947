import Properties
import Schedule
import Testing
import Time

@Suite struct ConstantShapeTests {
    /// Whether t is the first nanosecond with r t >= n + 1/2, by whole numbers alone.
    private func isFirst(_ t: Nanoseconds, arrival n: UInt64, of rate: Rate) -> Bool {
        let needed = (2 * UInt128(n) + 1) * UInt128(rate.period)
        let reached = 2 * UInt128(rate.requests) * UInt128(UInt64(t.count))
        let before = t.count == 0 ? nil : 2 * UInt128(rate.requests) * UInt128(UInt64(t.count - 1))
        return reached >= needed && (before.map { $0 < needed } ?? true)
    }

    @Test func `arrival n starts at the first nanosecond where the integral reaches n and a half`()
        throws
    {
        var random = Seeded()
        for _ in 0..<50 {
            let rate = try randomRate(&random)
            var cursor = Schedule(
                shape: .constant(rate), process: .uniform, pacing: .precise, workers: 1
            ).cursor(worker: 0)
            for n in 0..<200 as Range<UInt64> {
                #expect(cursor.index == n)
                #expect(isFirst(cursor.intendedStart, arrival: n, of: rate), "\(random) \(rate)")
                cursor.advance()
            }
        }
    }

    @Test func `there is no drift after a hundred billion arrivals`() throws {
        var random = Seeded()
        for _ in 0..<200 {
            let requests = UInt64(random.int(1_000...200_000))
            let rate = try #require(Rate(requests: requests, per: .seconds(1)))
            let n = UInt64(random.int(100_000_000_000...100_001_000_000))
            let time = LoadShape.constant(rate).time(ofIntegral: UInt128(n) << 32 + 1 << 31)
            #expect(isFirst(time, arrival: n, of: rate), "\(random): \(rate) \(n)")

            var counter = IntendedCounter(
                Schedule(shape: .constant(rate), process: .uniform, pacing: .precise, workers: 1))
            #expect(counter.count(through: time - .nanoseconds(1)) == n, "\(random)")
            #expect(counter.count(through: time) == n + 1, "\(random)")
        }
    }

    @Test func `counts equal the integral at random times over months`() throws {
        var random = Seeded()
        for _ in 0..<100 {
            let rate = try randomRate(&random)
            var counter = IntendedCounter(
                Schedule(
                    shape: .constant(rate), process: .uniform, pacing: .precise,
                    workers: random.int(1...4)))
            var time: Int64 = 0
            for _ in 0..<50 {
                time += Int64(random.magnitude(1, 5e14))
                let twice = 2 * UInt128(UInt64(time)) * UInt128(rate.requests)
                // The count is floor(r t + 1/2).
                let expected = (twice + UInt128(rate.period)) / (2 * UInt128(rate.period))
                #expect(
                    UInt128(counter.count(through: Nanoseconds(time))) == expected,
                    "\(random): \(rate) at \(time)")
            }
        }
    }

    @Test func `integral and time are inverse to each other`() throws {
        var random = Seeded()
        for _ in 0..<2_000 {
            let shape = LoadShape.constant(try randomRate(&random))
            let thirtyYears = 1e18
            let mark = shape.integral(at: Nanoseconds(Int64(random.magnitude(1, thirtyYears)))) + 1
            let time = shape.time(ofIntegral: mark)
            #expect(shape.integral(at: time) >= mark, "\(random)")
            if time.count > 0 {
                #expect(shape.integral(at: time - .nanoseconds(1)) < mark, "\(random)")
            }
        }
    }

    @Test func `nothing is intended before the start`() throws {
        let rate = try #require(Rate(requests: 1_000, per: .seconds(1)))
        #expect(LoadShape.constant(rate).integral(at: .seconds(-5)) == 0)
        var counter = IntendedCounter(
            Schedule(shape: .constant(rate), process: .uniform, pacing: .precise, workers: 2))
        #expect(counter.count(through: .seconds(-5)) == 0)
        #expect(counter.count(through: .zero) == 0)
        #expect(counter.count(through: .seconds(30)) == 30_000)
    }

    @Test func `a constant rate is its own peak`() throws {
        let rate = try #require(Rate(requests: 50, per: .seconds(1)))
        #expect(LoadShape.constant(rate).peak == rate)
        #expect(LoadShape.constant(rate).rate(at: .seconds(86_400)) == rate)
    }
}
