import Properties
import Schedule
import Testing
import Time

@Suite struct RateTests {
    @Test func `a rate is kept as an exact reduced fraction`() throws {
        let hundredth = try #require(Rate(requests: 1, per: .seconds(100)))
        #expect(hundredth.requests == 1 && hundredth.period == 100_000_000_000)
        #expect(Rate(requests: 60, per: .seconds(60)) == Rate(requests: 1, per: .seconds(1)))
        #expect(hundredth.perSecond == 0.01)
    }

    @Test func `a rate needs requests and a period`() {
        #expect(Rate(requests: 0, per: .seconds(1)) == nil)
        #expect(Rate(requests: 1, per: .zero) == nil)
        #expect(Rate(requests: 1, per: .seconds(-1)) == nil)
    }

    @Test func `rates whose products need more than 64 bits are in order too`() throws {
        let high = try #require(Rate(requests: 1 << 62, per: .nanoseconds(1)))
        let low = try #require(Rate(requests: 1, per: .nanoseconds(8)))
        #expect(low < high)
        #expect(!(high < low))
    }

    @Test func `rates order by their value, not by their parts`() throws {
        var random = Seeded()
        for _ in 0..<1_000 {
            let a = try randomRate(&random)
            let b = try randomRate(&random)
            let exact =
                UInt128(a.requests) * UInt128(b.period) < UInt128(b.requests) * UInt128(a.period)
            #expect((a < b) == exact, "\(random): \(a) \(b)")
        }
    }
}

/// Any rate from one a day to 200 000 a second, with awkward fractions.
func randomRate(_ random: inout Seeded) throws -> Rate {
    let requests = UInt64(random.magnitude(1, 200_000))
    let period = random.pick([1, 7, 60, 333, 3_600, 86_400])
    return try #require(Rate(requests: requests, per: .seconds(Int64(period))))
}
