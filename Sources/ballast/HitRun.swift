import Config
import Engine
import Glibc
import Reactor
import Schedule
import Server
import System
import Time

/// What one run of `hit` is to do.
struct HitOrder {
    var configuration: Configuration
    /// As the user wrote it.
    var url = ""
    var duration: Nanoseconds?
    var requestsMax: UInt64?
    /// Whether to listen where the configuration says.
    var serves = false
    /// How to draw the progress line; nil draws none.
    var progress: Style?

    init(_ configuration: Configuration) { self.configuration = configuration }
}

/// `ballast hit`: one load until its time is over, its requests are used up, or a signal comes.
final class HitRun {
    /// How long a target may go on refusing before we say so: one that has just been started gets
    /// its chance, and so does the second address of a name.
    private static let patience = Nanoseconds.milliseconds(400)
    /// After a signal, the time for answers that are under way.
    private static let lastAnswers = Nanoseconds.seconds(1)

    private let order: HitOrder
    private let loop: EventLoop
    private let signals: Signals
    private let lastMoment: LastMoment
    private let generator: Generator
    private var pages: Pages?
    private var server: Server?
    private var live: LiveLine?
    /// Seconds since 1970.
    private var startedAt: Double?
    private var isInterrupted = false
    private var waitingEvents = 0
    /// Why the target cannot be reached, as long as the load waits for it.
    private var obstacle: String?
    private var hasGivenUp = false
    /// Why our own numbers are suspect, once they were.
    private var degraded: [String] = []

    init(_ order: HitOrder) throws(StartError) {
        self.order = order
        do {
            loop = try EventLoop()
            lastMoment = LastMoment(loop)
            signals = try Signals([SIGTERM, SIGINT], on: loop)
        } catch {
            throw StartError("\(error)")
        }
        _ = Glibc.signal(SIGPIPE, SIG_IGN)
        if let shortage = Preflight.descriptorShortage(
            order.configuration, limit: DescriptorLimit.raise())
        {
            throw StartError(shortage, code: ExitStatus.usage)
        }
        var options = Generator.Options()
        options.userAgent = "ballast/\(Version.number)"
        options.duration = order.duration
        options.requestsMax = order.requestsMax
        options.drain = order.configuration.loads[0].timeout
        do {
            generator = try Generator(order.configuration, options: options, loop: loop)
        } catch {
            throw StartError(error.description, code: ExitStatus.usage)
        }
        signals.onSignal = { [unowned self] _ in interrupt() }
        generator.onEvent = { [unowned self] in hear($0) }
        generator.onDrained = { [unowned self] in loop.stop() }
        if order.serves {
            let pages = Pages(generator, order.configuration)
            server = try pages.listen(on: loop)
            self.pages = pages
        }
    }

    /// - Returns: a result with an `error` where the target accepted no connection.
    func run() throws(StartError) -> HitResult {
        let report = Report(generator)
        if let style = order.progress {
            live = LiveLine(generator, report, style: style, loop: loop)
            live?.length = order.duration
            live?.requestsMax = order.requestsMax
            live?.start()
        }
        startedAt = Double(Clock.wall()) / 1e9
        do {
            try generator.start()
        } catch {
            throw StartError("cannot start: \(error)")
        }
        loop.run()
        live?.clear()
        guard lastMoment.join(generator) else { throw StartError(LastMoment.complaint) }
        report.refresh()
        return result(report)
    }

    // MARK: While it runs

    /// The first ends the run: whoever asks does not want to wait for a long timeout, but for the summary. The second
    /// leaves without one.
    private func interrupt() {
        if isInterrupted { leave(ExitStatus.failed) }
        isInterrupted = true
        generator.stop()
        lastMoment.begin(Self.lastAnswers)
        loop.schedule(at: Clock.now() + Self.lastAnswers) { [unowned self] _ in generator.cancel() }
    }

    private func hear(_ event: GeneratorEvent) {
        switch event {
        case .waiting(_, let target, let reason):
            waitingEvents += 1
            // The first one only says that the waiting begins.
            let place = order.configuration.loads[0].target.authority
            if waitingEvents > 1 {
                hindered(target == place ? reason : "\(reason) (\(target))")
            }
        case .lookupFailed(_, _, let reason): hindered(reason)
        case .runningUnconfirmed(_, _, let reason):
            obstacle = obstacle ?? reason
            giveUp()
        case .running: obstacle = nil
        case .degraded(let reasons): degraded = reasons
        case .stopping: lastMoment.begin(order.configuration.loads[0].timeout)
        default: break
        }
    }

    private func hindered(_ reason: String) {
        let isFirst = obstacle == nil
        obstacle = reason
        guard isFirst else { return }
        loop.schedule(at: Clock.now() + Self.patience) { [unowned self] _ in
            if obstacle != nil { giveUp() }
        }
    }

    private func giveUp() {
        hasGivenUp = true
        generator.stop()
    }

    // MARK: The end

    private func result(_ report: Report) -> HitResult {
        let load = report.loads[0]
        var result = HitResult(load, report.quantiles(ofLoad: 0))
        result.plan = HitResult.Plan(load.plan, url: order.url)
        result.startedAt = startedAt
        result.isInterrupted = isInterrupted
        let reasons = generator.health.reasons
        result.degraded = reasons.isEmpty ? degraded : reasons
        if hasGivenUp, load.sent == 0 {
            let target = order.configuration.loads[0].target.authority
            result.error = "cannot reach \(target): \(obstacle ?? "no answer")"
        }
        if !isInterrupted, !hasGivenUp { result.elapsed = length(load) ?? result.elapsed }
        return result
    }

    /// The schedule's own length: the last arrival comes half a gap before it. Nil where only the
    /// answers decide how long it takes.
    private func length(_ load: LoadReport) -> Nanoseconds? {
        guard let requestsMax = order.requestsMax, load.intended >= requestsMax else {
            return order.duration
        }
        guard case .open(let rate) = load.plan.settings.rate,
            load.plan.settings.arrivals == .uniform
        else { return nil }
        return Nanoseconds(Int64((Double(requestsMax) / rate.perSecond * 1e9).rounded(.up)))
    }
}
