import Testing
import Time

@testable import ballast

@Suite struct ThresholdTests {
    @Test(arguments: [
        ("p99<250ms", Threshold.Quantity.time(Statistic("p99")!, isService: false), "<", 0.25),
        ("p99.9 <= 1.5s", .time(Statistic("p99.9")!, isService: false), "<=", 1.5),
        ("service.max<2s", .time(.greatest, isService: true), "<", 2),
        ("mean>1ms", .time(.mean, isService: false), ">", 0.001),
        ("p75<1s", .time(.quantile(name: "p75", rank: 0.75), isService: false), "<", 1),
        (
            "service.p99.99<1s", .time(.quantile(name: "p99.99", rank: 0.9999), isService: true),
            "<", 1
        ),
        ("min>1ms", .time(.least, isService: false), ">", 0.001),
        ("failed<1%", .failed, "<", 0.01),
        ("dropped<=0.1%", .dropped, "<=", 0.001),
        ("rate>45", .rate, ">", 45),
        ("rate>=45.5/s", .rate, ">=", 45.5),
    ])
    func `a threshold is read`(
        _ text: String, _ quantity: Threshold.Quantity, _ relation: String, _ bound: Double
    ) throws {
        let threshold = try Threshold(text)
        #expect(threshold.quantity == quantity)
        #expect(threshold.relation.rawValue == relation)
        #expect(threshold.bound == bound)
    }

    @Test(arguments: [
        ("p99", "it compares nothing: write for example p99<250ms"),
        ("p9o<1s", "there is no quantity `p9o`: did you mean `p90`?"),
        (
            "p100<1s",
            "there is no quantity `p100`: there are min, p50, p90, p95, p99, p99.9, max, mean and "
                + "every other pNN below p100, the same as service.p50 and so on, failed, dropped, "
                + "rate"
        ),
        ("", "it compares nothing: write for example p99<250ms"),
        ("p99<250", "`250` has no unit (write `250s` or `250ms`)"),
        ("failed<1", "`1` has no unit (write `1%` for a share of 0.01)"),
        ("failed<5", "`5` has no unit (write `5%`)"),
        ("dropped<1e-3%", "`1e-3%` is not a share (for example 1%)"),
        ("failed<101%", "`101%` is above 100%"),
        ("rate>fast", "`fast` is not a number per second (for example 45/s)"),
    ])
    func `a wrong threshold says what is wrong`(_ text: String, _ reason: String) {
        let error = #expect(throws: ThresholdError.self) { try Threshold(text) }
        #expect(error?.description == "--threshold: `\(text)`: \(reason)")
    }

    @Test(arguments: [
        ("p50<26ms", true), ("p50<25ms", false), ("p99<=300ms", true), ("max<2s", false),
        ("max<=2s", true), ("service.max<2s", true), ("failed<2%", false), ("failed<=2%", true),
        ("dropped<0.2%", false), ("dropped<=0.2%", true), ("rate>49.8", true), ("rate>49.9", false),
    ])
    func `a threshold is compared with what was measured`(_ text: String, _ holds: Bool) throws {
        #expect(try Threshold(text).holds(in: .sample()) == holds, "\(text)")
    }

    @Test func `what was not measured holds nothing`() throws {
        for text in ["p99<1s", "failed<1%", "dropped<1%", "rate>0"] {
            #expect(try Threshold(text).holds(in: HitResult()) == false, "\(text)")
        }
    }
}

@Suite struct ExitCodeTests {
    @Test func `all thresholds hold: 0`() throws {
        var result = try HitResult.sample()
        result.thresholds = [try Threshold("failed<5%")]
        #expect(result.exitCode == 0)
    }

    @Test func `a threshold does not hold: 3`() throws {
        #expect(try HitResult.sample().exitCode == 3)
    }

    @Test func `nothing was ok: 1, whatever the thresholds say`() throws {
        var result = try HitResult.sample()
        result.outcomes[0].count = 0
        #expect(result.exitCode == 1)
        result.thresholds = []
        #expect(result.exitCode == 1)
    }

    @Test func `dropped requests count as failed`() throws {
        let result = try HitResult.sample()
        #expect(result.failedTotal == 10)
        #expect(result.failedShare == 0.02)
    }
}
