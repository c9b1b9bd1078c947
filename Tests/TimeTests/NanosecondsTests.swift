import Testing
import Time

@Suite struct NanosecondsTests {
    @Test(arguments: [
        (0, "0s"), (1, "1ns"), (999, "999ns"), (1_000, "1us"), (42_130, "42.1us"),
        (9_996, "10us"), (99_960, "100us"), (999_499, "999us"), (999_500, "1ms"),
        (250_000_000, "250ms"), (1_050_000, "1.05ms"), (1_500_000_000, "1.5s"),
        (59_400_000_000, "59.4s"), (60_000_000_000, "1m"), (200_000_000_000, "3m20s"),
        (90_061_000_000_000, "1d1h1m1s"), (86_400_000_000_000, "1d"), (-250_000_000, "-250ms"),
        (-1, "-1ns"),
    ])
    func `a length prints three digits in the unit a person would choose`(
        count: Int64, text: String
    ) {
        #expect(Nanoseconds(count).description == text)
    }

    @Test func `arithmetic and units agree`() {
        #expect(Nanoseconds.seconds(2) == .milliseconds(2_000))
        #expect(Nanoseconds.milliseconds(3) == .microseconds(3_000))
        #expect(Nanoseconds.microseconds(5) == .nanoseconds(5_000))
        #expect(Nanoseconds.seconds(1) - .milliseconds(250) == .milliseconds(750))
        #expect(Nanoseconds.seconds(1) + .milliseconds(250) == .milliseconds(1_250))
        #expect(Nanoseconds.milliseconds(10) * 3 == .milliseconds(30))
        #expect(Nanoseconds.seconds(1) / 4 == .milliseconds(250))
        #expect(Nanoseconds.milliseconds(1_500).seconds == 1.5)
        #expect(Nanoseconds.zero < .nanoseconds(1))
    }

    @Test func `the longest length and the most negative one can be printed`() {
        #expect(Nanoseconds.max.description == "106751d23h47m16s")
        #expect(Nanoseconds(.min).description == "-106751d23h47m16s")
    }
}

@Suite struct InstantTests {
    @Test func `adding no limit saturates in the distant future`() {
        let now = Instant(nanoseconds: 1_000)
        #expect(now + .max == .distantFuture)
        #expect(Instant.distantFuture + .seconds(1) == .distantFuture)
    }

    @Test func `instants differ by lengths and order by time`() {
        let early = Instant(nanoseconds: 5)
        let late = early + .seconds(1)
        #expect(late - early == .seconds(1))
        #expect(early - late == .seconds(-1))
        #expect(late - .seconds(1) == early)
        #expect(Instant.distantPast < early && early < late && late < .distantFuture)
    }
}
