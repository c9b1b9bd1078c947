import Config
import Engine
import JSON
import Schedule
import Time

/// What a configuration would run, in words: pure functions.
enum PlanText {
    private static let nameWidth = 12

    static func text(_ plan: GeneratorPlan) -> String {
        let threads = plan.workerCount == 1 ? "1 worker" : "\(plan.workerCount) workers"
        let loads = plan.loads.count == 1 ? "1 load" : "\(plan.loads.count) loads"
        return "\(loads) on \(threads)\n\n"
            + plan.loads.map { text($0, of: plan.workerCount) }.joined(separator: "\n") + "\n"
    }

    static func scrapeText(
        series: Int, seriesMax: Int, bytes: Int, compressed: Int?
    ) -> String {
        let gzip = compressed.map { ", \(Numbers.count(UInt64($0))) gzipped" } ?? ""
        return "/metrics  \(Numbers.count(UInt64(series))) series, "
            + "\(Numbers.count(UInt64(bytes))) bytes per scrape at the start\(gzip); "
            + "at most \(Numbers.count(UInt64(seriesMax))) series "
            + "once every status code has been seen\n"
    }

    /// One load: its name, then a line for each thing that follows from its settings.
    static func text(_ load: LoadPlan, of workerCount: Int) -> String {
        let settings = load.settings
        let choice = settings.transportChoice
        var lines = [
            ("target", "\(settings.request.method) \(settings.target.url)" + path(settings)),
            ("transport", "\(choice.choice.rawValue), because of \(choice.because)"),
            ("rate", rate(settings)),
        ]
        if let schedule = load.schedule { lines.append(("pacing", pacing(schedule))) }
        lines.append(("workers", "\(load.workers.count) of \(workerCount)"))
        lines.append(("limits", limits(settings)))
        if let capacity = capacity(settings) { lines.append(("capacity", capacity)) }
        lines.append(
            (
                "times",
                "timeout \(settings.timeout), waits at most \(settings.startup) for its target"
                    + (load.isClosedLoop
                        ? "" : ", drops what is \(lateText(settings.limits.late))")
            ))
        for warning in warnings(load) { lines.append(("warning", warning)) }
        return "\(settings.name)\n"
            + lines.map { "  \($0.0.left(nameWidth))\($0.1)\n" }.joined()
    }

    private static func path(_ settings: LoadSettings) -> String {
        TemplateText.source(settings.request.path)
    }

    private static func rate(_ settings: LoadSettings) -> String {
        guard case .open(let rate) = settings.rate else {
            return "max: a closed loop over \(settings.limits.connections) connections"
        }
        let perDay = Numbers.count(UInt64((rate.perSecond * 86_400).rounded()))
        let process = settings.arrivals == .uniform ? "evenly spaced" : "Poisson arrivals"
        return "\(RateText.exact(rate)), \(process), \(perDay) requests a day"
    }

    private static func pacing(_ schedule: Schedule) -> String {
        guard case .grid(let step) = schedule.pacing else {
            return "precise: a wake-up for each request"
        }
        let perStep = schedule.shape.peak.perSecond / Double(schedule.workers) * step.seconds
        let each = schedule.workers == 1 ? "a step" : "a step and worker"
        return "grid \(step): starts are rounded up to it, in small bursts of about "
            + "\(Numbers.real(perStep)) requests \(each)"
    }

    private static func limits(_ settings: LoadSettings) -> String {
        "\(settings.limits.connections) connections, \(settings.inFlightLimit) in flight, "
            + "\(SizeText.exact(settings.limits.body)) of body"
            + (settings.rate == .max
                ? "" : ", catch-up at most \(settings.limits.catchUp) times the rate")
    }

    /// By Little's law: how slow answers may be on average before all connections are busy.
    private static func capacity(_ settings: LoadSettings) -> String? {
        guard case .open(let rate) = settings.rate else { return nil }
        let seconds = Double(settings.inFlightLimit) / rate.perSecond
        let places =
            settings.http == .http1
            ? "\(settings.limits.connections) connections" : "\(settings.inFlightLimit) in flight"
        guard seconds < settings.timeout.seconds else {
            return
                "\(places) carry \(RateText.exact(rate)) up to the timeout of \(settings.timeout)"
        }
        let longest = Nanoseconds(Int64((seconds * 1e9).rounded(.down)))
        return "\(places) carry \(RateText.exact(rate)) up to \(longest) of service time on average"
    }

    private static func lateText(_ late: Nanoseconds) -> String {
        late == .zero ? "not sent at once" : "\(late) late"
    }

    static func warnings(_ load: LoadPlan) -> [String] {
        var warnings: [String] = []
        if load.isClosedLoop {
            warnings.append(
                "a closed loop cannot show stalls: it waits for each answer before it asks again; "
                    + "give a rate to see what callers on schedule would have waited")
        }
        if load.settings.target.scheme == .https, !load.settings.tls.verify {
            warnings.append(
                "tls.verify is false: whoever answers is believed to be "
                    + load.settings.target.host)
        }
        return warnings
    }
}

/// What `ballast check` says, for scripts; docs/check-json.md is its contract.
enum CheckJSON {
    static func text(_ files: [CheckedFile]) -> String {
        var json = JSONWriter(indent: 2)
        json.object {
            $0.field("schema", 1)
            $0.field("ok", files.allSatisfy(\.isFine))
            $0.array("files") { json in
                for file in files { json.object { self.file(&$0, file) } }
            }
        }
        return json.text + "\n"
    }

    private static func file(_ json: inout JSONWriter, _ file: CheckedFile) {
        json.field("file", file.name)
        json.field("ok", file.isFine)
        json.array("errors") { json in
            for diagnostic in file.error?.diagnostics ?? [] {
                json.object {
                    $0.field("line", diagnostic.position?.line)
                    $0.field("column", diagnostic.position?.column)
                    $0.field("message", diagnostic.message)
                    $0.field("hint", diagnostic.hint)
                }
            }
            for obstacle in file.obstacles {
                json.object {
                    $0.field("line", Int?.none)
                    $0.field("column", Int?.none)
                    $0.field("message", obstacle)
                    $0.field("hint", String?.none)
                }
            }
        }
        json.array("not_read") { json in file.unread.forEach { json.value($0) } }
        json.array("loads") { json in
            for (index, load) in (file.configuration?.loads ?? []).enumerated() {
                json.object {
                    $0.field("name", load.name)
                    $0.field("target", load.target.url)
                    $0.field("transport", load.transportChoice.choice.rawValue)
                    if case .open(let rate) = load.rate {
                        $0.field("requests_per_second", rate.perSecond)
                    } else {
                        $0.field("requests_per_second", Double?.none)
                    }
                    $0.field("connections", load.limits.connections)
                    $0.array("warnings") { json in
                        file.warnings[index].forEach { json.value($0) }
                    }
                }
            }
        }
        json.field("series_max", file.isFine ? file.seriesMax : nil)
    }
}
