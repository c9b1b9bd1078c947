import Measure
import Time

/// The summary of `hit` for a person's eyes: a pure function of the result.
struct HitSummary {
    private let result: HitResult
    private let style: Style
    private static let nameWidth = 12

    init(_ result: HitResult, _ style: Style) {
        self.result = result
        self.style = style
    }

    var text: String {
        let sections = [
            head, counts, times, phases, histogram, transfer, thresholds, warnings,
        ]
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
            .joined(separator: "\n\n") + "\n"
    }

    // MARK: Sections

    private var head: [String] {
        let plan = result.plan
        var words: [String] = []
        if let rate = plan.rate {
            let seed = plan.seed.map { " (seed \($0))" } ?? ""
            words += ["open loop", "\(rate) \(plan.arrivals)\(seed)", "pacing \(plan.pacing)"]
        } else {
            words.append("closed loop")
        }
        words.append("\(plan.transport) (\(plan.transportReason))")
        words.append(Self.plural(plan.workers, "worker"))
        words.append(Self.plural(plan.connections, "connection"))
        words.append("timeout \(plan.timeout)")
        return [style.paint("\(plan.method) \(plan.url)", .bold)]
            + style.lines("", words.map { Word($0, .dim) }, indent: 0, separator: style.dot)
    }

    private var counts: [String] {
        var words = [
            "intended \(Numbers.count(result.intended))", "sent \(Numbers.count(result.sent))",
            "dropped \(Numbers.count(result.droppedTotal))",
            "completed \(Numbers.count(result.completed))",
        ]
        if let rate = result.completedPerSecond { words[3] += " (\(Numbers.real(rate))/s)" }
        let length = "in \(result.elapsed)" + (result.isInterrupted ? ", interrupted" : "")
        let name = "\(length):  "
        var lines = style.lines(
            name, words.map { Word($0) }, indent: max(Self.nameWidth, name.count),
            separator: style.dot)
        let outcomes = result.outcomes.filter { $0.count > 0 }
        lines += row("outcomes", shares(outcomes))
        if result.droppedTotal > 0 {
            lines += row("dropped", shares(result.dropped.filter { $0.count > 0 }))
            lines += HitAdvice.onDrops(result).flatMap { sentence("", $0) }
        }
        if !result.statuses.isEmpty {
            lines += row(
                "statuses",
                result.statuses.map {
                    Word(($0.code == 0 ? "other" : "\($0.code)") + ": " + Numbers.count($0.count))
                })
            if let advice = HitAdvice.onStatuses(result) { lines += sentence("", advice) }
        }
        for outcome in outcomes where outcome.name != "ok" && outcome.name != "status" {
            guard let error = outcome.lastError else { continue }
            lines += sentence(outcome.name, "last: \(error)")
            if let advice = HitAdvice.onFailure(outcome.name, error) {
                lines += sentence("", advice)
            }
        }
        return lines
    }

    /// Of intended, so that outcomes and drops together are all of it.
    private func shares(_ counts: [HitResult.NamedCount]) -> [Word] {
        if counts.isEmpty { return [Word("none")] }
        return counts.map { entry in
            let text =
                "\(entry.name) \(Numbers.count(entry.count)) "
                + "(\(Numbers.share(entry.count, of: result.intended)))"
            guard entry.name == "ok" else { return Word(text, .red) }
            return Word(text, result.isAllOK ? .green : nil)
        }
    }

    private var times: [String] {
        guard result.response.count > 0 else { return [] }
        func row(_ name: String, _ times: FineSnapshot) -> String {
            let values = Statistic.shown.map { statistic in
                (statistic.value(times).map { "\($0)" } ?? "-").right(9)
            }
            return name.left(16) + values.joined()
        }
        let names = Statistic.shown.map { $0.name.right(9) }
        let title = String(repeating: " ", count: 16) + names.joined()
        return [
            style.paint(title, .dim), row("response time", result.response),
            row("service time", result.service), row("start delay", result.startDelay),
        ]
    }

    /// Means: where the service time goes.
    private var phases: [String] {
        let names = ["wait": "first byte"]
        let words = result.phases.compactMap { phase -> Word? in
            guard phase.count > 0, let mean = phase.mean else { return nil }
            let name = names[phase.name] ?? phase.name
            return Word("\(name) \(mean) (\(Numbers.count(phase.count)))")
        }
        return words.isEmpty ? [] : row("phases", words)
    }

    private var histogram: [String] {
        let rows = TimeRows.rows(result.response)
        guard let most = rows.map(\.count).max(), most > 0 else { return [] }
        let width = max(10, min(50, style.columns - 50))
        return [style.paint("response times", .dim)]
            + rows.map { row in
                let bounds = "\(row.lower)".right(7) + " to " + "\(row.upper)".left(7)
                let bar = Self.bar(Double(row.count) / Double(most), width, style.hasUnicode)
                let share = Numbers.share(row.count, of: result.response.count)
                return bounds + " " + Numbers.count(row.count).right(9) + share.right(8) + "  "
                    + style.paint(bar, .cyan) + marks(row, behind: bar)
            }.map(Self.withoutEnd)
    }

    /// The quantiles that lie in a row.
    private func marks(_ row: TimeRows.Row, behind bar: String) -> String {
        let names = ["p50", "p90", "p99"].filter { name in
            guard let value = Statistic(name)?.value(result.response) else { return false }
            return row.lower <= value && value < row.upper
        }
        guard !names.isEmpty else { return "" }
        return (bar.isEmpty ? "" : " ") + style.paint(names.joined(separator: " "), .dim)
    }

    private static func bar(_ share: Double, _ width: Int, _ hasUnicode: Bool) -> String {
        guard share > 0 else { return "" }
        guard hasUnicode else {
            return String(repeating: "#", count: max(1, Int((share * Double(width)).rounded())))
        }
        // A character has eight steps.
        let eighths = max(1, Int((share * Double(width * 8)).rounded()))
        let rest = eighths % 8 == 0 ? "" : String(Array("▏▎▍▌▋▊▉")[eighths % 8 - 1])
        return String(repeating: "█", count: eighths / 8) + rest
    }

    private var transfer: [String] {
        let failed = result.connectsFailed
        var words = [
            Word("sent \(Numbers.bytes(result.sentBytes))"),
            Word("received \(Numbers.bytes(result.receivedBytes))"),
            Word(Self.plural(Int(result.connectsOK), "connection") + " opened"),
        ]
        if failed > 0 { words.append(Word("\(Numbers.count(failed)) failed", .red)) }
        return row("transfer", words)
    }

    private var thresholds: [String] {
        let width = result.thresholds.map(\.text.count).max() ?? 0
        return result.thresholds.map { threshold in
            let holds = threshold.holds(in: result)
            let mark = style.hasUnicode ? (holds ? "✓" : "✗") : (holds ? "ok    " : "FAILED")
            return style.paint("\(mark) \(threshold.text.left(width))", holds ? .green : .red)
                + "  was \(Self.value(threshold, result))"
        }
    }

    private static func value(_ threshold: Threshold, _ result: HitResult) -> String {
        guard let value = threshold.value(in: result) else { return "not measured" }
        switch threshold.quantity {
        case .time: return "\(Nanoseconds(Int64((value * 1e9).rounded())))"
        case .failed: return Numbers.share(result.failedTotal, of: result.intended)
        case .dropped: return Numbers.share(result.droppedTotal, of: result.intended)
        case .rate: return "\(Numbers.real(value))/s"
        }
    }

    private var warnings: [String] {
        var texts: [String] = []
        if !result.degraded.isEmpty {
            texts.append(
                "these numbers are suspect, for this machine itself was late: "
                    + result.degraded.joined(separator: "; "))
        }
        if result.isClosedLoop {
            texts.append(
                "a closed loop cannot show stalls: it waits for every answer before it asks again; "
                    + "give a rate to see what callers on schedule would have waited")
        }
        if result.response.clamped > 0 {
            texts.append(
                "response times above 137 s, which the quantiles take for 137 s: "
                    + Numbers.count(result.response.clamped))
        }
        return texts.flatMap { text in
            let name = "warning: "
            var lines = style.sentence(name, text, indent: name.count)
            lines[0] = style.paint(name, .yellow) + lines[0].dropFirst(name.count)
            return lines
        }
    }

    // MARK: Parts

    private func row(_ name: String, _ words: [Word]) -> [String] {
        style.lines(name, words, indent: Self.nameWidth, separator: style.dot)
    }

    private func sentence(_ name: String, _ text: String) -> [String] {
        let text = style.hasUnicode ? text : text.replacing("×", with: "x")
        return style.sentence(name, text, indent: Self.nameWidth)
    }

    private static func plural(_ count: Int, _ name: String) -> String {
        "\(Numbers.count(UInt64(count))) \(name)\(count == 1 ? "" : "s")"
    }

    private static func withoutEnd(_ text: String) -> String {
        var text = text
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}
