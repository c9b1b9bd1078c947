import Testing
import Time

@testable import ballast

@Suite struct LogTests {
    private let wall: Int64 = 1_772_357_400_250_000_000

    private func line(_ message: String, _ fields: [(name: String, value: String)]) -> LogLine {
        LogLine(level: "info", message: message, fields: fields)
    }

    @Test func `logfmt quotes what could be mistaken`() {
        let line = line(
            "it \"runs\"", [("load", "a"), ("reason", "two words"), ("empty", ""), ("x", "a=b\n")])
        #expect(
            line.text(.logfmt, wall: wall)
                == #"ts=2026-03-01T09:30:00.250Z level=info msg="it \"runs\"" load=a "#
                + #"reason="two words" empty="" x="a=b\n""# + "\n")
    }

    @Test func `JSON holds the same`() {
        let line = line("it \"runs\"", [("load", "a")])
        #expect(
            line.text(.json, wall: wall)
                == #"{"ts":"2026-03-01T09:30:00.250Z","level":"info","msg":"it \"runs\"","#
                + #""load":"a"}"# + "\n")
    }

    @Test func `control characters never reach the terminal`() {
        let text = line("\u{1B}[31m", [("a", "\u{7}")]).text(.logfmt, wall: wall)
        #expect(text.utf8.dropLast().allSatisfy { $0 >= 0x20 })
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_735_689_599_001, "2024-12-31T23:59:59.001Z"),
        ] as [(Int64, String)])
    func `times are RFC 3339`(_ milliseconds: Int64, _ text: String) {
        #expect(Timestamp.text(milliseconds * 1_000_000) == text)
    }

    @Test func `a line that repeats is written once and then counted`() {
        var folding = LogFolding()
        let start = Instant(nanoseconds: 1)
        let again = line("again", [("load", "a")])
        let other = line("other", [])
        #expect(folding.take(again, now: start) == [again])
        #expect(folding.take(again, now: start + .seconds(1)) == [])
        #expect(folding.take(again, now: start + .seconds(2)) == [])
        let counted = line("again", [("load", "a"), ("repeated", "2")])
        #expect(folding.take(other, now: start + .seconds(3)) == [counted, other])
        #expect(folding.flush() == [])
    }

    @Test func `a line that goes on repeating is told once a minute`() {
        var folding = LogFolding()
        let start = Instant(nanoseconds: 1)
        let again = line("again", [])
        _ = folding.take(again, now: start)
        #expect(folding.take(again, now: start + .seconds(59)) == [])
        let counted = line("again", [("repeated", "1")])
        #expect(folding.take(again, now: start + .seconds(60)) == [counted, again])
    }

    @Test func `what is held back is written at the end`() {
        var folding = LogFolding()
        let again = line("again", [])
        _ = folding.take(again, now: Instant(nanoseconds: 1))
        _ = folding.take(again, now: Instant(nanoseconds: 2))
        #expect(folding.flush() == [line("again", [("repeated", "1")])])
    }
}
