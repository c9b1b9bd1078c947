import Testing
import Time

@testable import ballast

@Suite struct HitSummaryTests {
    private let rich = Style(hasColors: true, hasUnicode: true, columns: 100)
    private let wide = Style(hasColors: false, hasUnicode: true, columns: 100)

    @Test func `the summary in unicode is as recorded`() throws {
        try Golden.check(HitSummary(.sample(), wide).text, "summary-unicode.txt")
    }

    @Test func `the summary in plain ASCII is as recorded and holds only ASCII`() throws {
        let text = HitSummary(try .sample(), .plain).text
        try Golden.check(text, "summary-ascii.txt")
        #expect(text.utf8.allSatisfy { $0 < 0x80 })
    }

    @Test func `colours change nothing but colours`() throws {
        let colored = HitSummary(try .sample(), rich).text
        let plain = colored.replacing(/\e\[[0-9]+m/, with: "")
        #expect(colored != plain)
        #expect(plain == HitSummary(try .sample(), wide).text)
    }

    @Test func `a run that sent nothing still has a summary`() throws {
        var result = HitResult()
        result.plan = try HitResult.sample().plan
        result.isInterrupted = true
        try Golden.check(HitSummary(result, .plain).text, "summary-empty.txt")
    }

    @Test func `a closed loop, a degraded generator and clamped times are warned of`() throws {
        var result = try HitResult.sample()
        result.plan.rate = nil
        result.degraded = ["3 requests failed for want of our own resources"]
        result.response = times([.seconds(200)])
        try Golden.check(HitSummary(result, .plain).text, "summary-warnings.txt")
    }

    /// 27 of 100 were served, and nothing that was sent failed.
    private func dropping() throws -> HitResult {
        var result = try HitResult.sample()
        result.intended = 100
        (result.sent, result.completed) = (27, 27)
        result.outcomes = [.init(name: "ok", count: 27), .init(name: "status", count: 0)]
        result.dropped = [.init(name: "connections", count: 73)]
        result.thresholds = []
        return result
    }

    @Test func `what was dropped was not served: shares are of intended`() throws {
        let result = try dropping()
        #expect(result.okShare == 0.27)
        #expect(result.failedShare == 0.73)
        #expect(HitJSON.text(result).contains("\"ok_share\": 0.27,"))
        let text = HitSummary(result, .plain).text
        #expect(text.contains("outcomes    ok 27 (27%)\ndropped     connections 73 (73%)\n"))
    }

    private func advice(_ change: (inout HitResult) -> Void) throws -> String {
        var result = try dropping()
        (result.plan.perSecond, result.plan.connections) = (400, 64)
        result.service = times(Array(repeating: .milliseconds(608), count: 27))
        change(&result)
        return HitAdvice.onDrops(result).joined()
    }

    @Test func `when connections were busy, the number that is needed is said`() throws {
        #expect(
            try advice { _ in }
                == "all 64 connections busy; 400/s × 608ms needs 244: `--connections 250`")
        #expect(try advice { $0.plan.perSecond = 100_000 }.hasSuffix("a lower `--rate`"))
        let silent = try advice { $0.outcomes = [.init(name: "timeout", count: 27)] }
        #expect(silent.contains("does not answer within"))
        let stalled = try advice {
            let quick = Array(repeating: Nanoseconds.milliseconds(1), count: 96)
            $0.service = times(quick + [.seconds(1), .seconds(1), .seconds(1), .seconds(1)])
        }
        #expect(stalled.hasSuffix("on average 17 were enough: the target stalled"), "\(stalled)")
    }

    @Test func `what failed says what to do, and nothing where there is nothing`() throws {
        let trust = "SSL certificate problem: self-signed certificate"
        #expect(HitAdvice.onFailure("tls", trust)?.contains("`--insecure`") == true)
        #expect(HitAdvice.onFailure("reset", trust) == nil)
        let version = "error:0A00010B:SSL routines::wrong version number"
        #expect(HitAdvice.onFailure("tls", version)?.contains("`http://`") == true)
        #expect(HitAdvice.onFailure("tls", "handshake failure") == nil)
        var result = try HitResult.sample()
        #expect(HitAdvice.onStatuses(result) == nil)
        result.statuses = [(302, 499)]
        result.outcomes = [.init(name: "ok", count: 0), .init(name: "status", count: 499)]
        #expect(HitAdvice.onStatuses(result)?.contains("`Location`") == true)
        // Where they are expected, they are no failure.
        result.outcomes = [.init(name: "ok", count: 499), .init(name: "status", count: 0)]
        #expect(HitAdvice.onStatuses(result) == nil)
    }

    @Test func `a command in a sentence is on one line`() throws {
        let style = Style(hasColors: false, hasUnicode: false, columns: 40)
        let text = "so many connections are busy now: `--connections 250` would do, or a lower rate"
        let lines = style.sentence("advice", text, indent: 12)
        #expect(lines.contains { $0.contains("`--connections 250`") }, "\(lines)")
        #expect(lines.allSatisfy { $0.count <= 40 })
    }

    @Test func `only a run in which all is ok looks green`() throws {
        var result = try dropping()
        let green = "\u{1B}[32m"
        #expect(!HitSummary(result, rich).text.contains(green))
        result.intended = 27
        result.dropped[0].count = 0
        #expect(HitSummary(result, rich).text.contains("\(green)ok 27 (100%)"))
    }

    @Test func `the seed of a Poisson stream is shown, so that a run can be repeated`() throws {
        var result = try HitResult.sample()
        result.plan.arrivals = "poisson"
        result.plan.seed = .max
        #expect(
            HitSummary(result, .plain).text.contains(
                "50/s poisson (seed 18446744073709551615), pacing precise"))
        #expect(HitJSON.text(result).contains("\"seed\": 18446744073709551615,"))
    }

    @Test func `the JSON is as recorded`() throws {
        try Golden.check(HitJSON.text(.sample()), "hit.json")
    }

    @Test func `the JSON of nothing has null for what was not measured`() throws {
        try Golden.check(HitJSON.text(HitResult()), "hit-empty.json")
    }
}

@Suite struct TimeRowTests {
    @Test func `every value lies in its row, and no row is lost`() {
        // None within a hundredth of a bound, which is how exact a fine histogram is.
        let values = [2, 3, 13, 14, 600, 90_000].map { Nanoseconds.nanoseconds($0 * 1_100) }
        let rows = TimeRows.rows(times(values))
        #expect(rows.count <= TimeRows.rowsMax)
        #expect(rows.reduce(0) { $0 + $1.count } == UInt64(values.count))
        #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.upper == $1.lower })
        for row in rows {
            let inside = values.filter { row.lower <= $0 && $0 < row.upper }
            #expect(row.count == UInt64(inside.count), "\(row)")
        }
        #expect(rows.first?.count != 0 && rows.last?.count != 0)
    }

    @Test func `values close together get fine rows, far apart ones coarse rows`() {
        let close = TimeRows.rows(times([.milliseconds(10), .milliseconds(19)]))
        #expect(close.count == 3)
        let far = TimeRows.rows(times([.microseconds(2), .seconds(100)]))
        #expect(far.map(\.lower).first == .microseconds(1))
        #expect(far.count == 9)
    }

    @Test func `no values make no rows`() {
        #expect(TimeRows.rows(times([])).isEmpty)
    }
}
