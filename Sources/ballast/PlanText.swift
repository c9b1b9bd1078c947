import Config
import Engine
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
            ("transport", "\(choice.choice.name), because of \(choice.because)"),
            ("rate", rate(settings)),
        ]
        if let schedule = load.schedule { lines.append(("pacing", pacing(schedule))) }
        lines.append(("workers", "\(load.workers.count) of \(workerCount)"))
        lines.append(("limits", limits(settings)))
        lines.append(
            (
                "times",
                "timeout \(settings.timeout), waits at most \(settings.startup) for its target, "
                    + "drops what is \(lateText(settings.limits.late))"
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
            + "\(SizeText.exact(settings.limits.body)) of body, "
            + "catch-up at most \(settings.limits.catchUp) times the rate"
    }

    private static func lateText(_ late: Nanoseconds) -> String {
        late == .zero ? "not sent at once" : "\(late) late"
    }

    private static func warnings(_ load: LoadPlan) -> [String] {
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
