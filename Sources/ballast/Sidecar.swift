import Config
import Engine
import Glibc
import Logging
import Reactor
import Server
import System
import Time

/// `ballast run`: the generator, the server beside it and the signals that end them, on the main
/// thread's loop.
///
///     start -> run -> SIGTERM or --for -> drain -> linger for a last scrape -> exit
final class Sidecar {
    private let loop: EventLoop
    private let configuration: Configuration
    private let log: Logger
    private let generator: Generator
    private let pages: Pages
    private let server: Server
    private let signals: Signals
    private let lastMoment: LastMoment
    private var minuteLog: MinuteLog?
    private var drainedAt: Instant?
    private var isFinished = false
    private var isSignaled = false
    private var leavesAtOnce = false

    /// Claims everything that can be refused: memory for the loads, the port.
    /// - Parameter isQuiet: without a log line a minute for each load.
    init(
        _ configuration: Configuration, duration: Nanoseconds?, isQuiet: Bool = false, log: Logger
    ) throws(StartError) {
        self.configuration = configuration
        self.log = log
        do {
            loop = try EventLoop()
            lastMoment = LastMoment(loop)
            // Before any thread starts: threads inherit which signals are blocked.
            signals = try Signals([SIGTERM, SIGINT, SIGHUP], on: loop)
        } catch {
            throw StartError("\(error)")
        }
        _ = Glibc.signal(SIGPIPE, SIG_IGN)
        if let shortage = Preflight.descriptorShortage(
            configuration, limit: DescriptorLimit.raise())
        {
            throw StartError(shortage, code: ExitStatus.usage)
        }
        var options = Generator.Options()
        options.userAgent = "ballast/\(Version.number)"
        options.duration = duration
        // For measurements only: compare times with answers collected at once.
        options.receivesLate =
            ConfigurationContext.system.environment("BALLAST_LATE_RECEIVE") != "off"
        do {
            generator = try Generator(configuration, options: options, loop: loop)
        } catch {
            throw StartError(error.description)
        }
        pages = Pages(generator, configuration)
        if let excess = Preflight.seriesExcess(pages.scrape) {
            throw StartError(excess, code: ExitStatus.usage)
        }
        server = try pages.listen(on: loop)
        if !isQuiet { minuteLog = MinuteLog(pages.scrape.report, log, on: loop) }
        hearAll()
    }

    private func hearAll() {
        let events = EventLog(log)
        generator.onEvent = { [unowned self] event in
            events.write(event)
            if case .stopping = event {
                lastMoment.begin(configuration.server.drain + configuration.server.linger)
            }
        }
        generator.onDrained = { [unowned self] in drained() }
        pages.onScraped = { [unowned self] in scraped(began: $0) }
        signals.onSignal = { [unowned self] in received($0) }
    }

    /// - Returns: the exit code.
    func run() throws(StartError) -> Int32 {
        do {
            try generator.start()
        } catch {
            throw StartError("cannot start: \(error)")
        }
        log.info(
            "started",
            metadata: [
                "version": "\(Version.number)", "listen": "\(server.localAddress)",
                "loads": "\(configuration.loads.count)",
                "workers": "\(generator.plan.workerCount)",
            ])
        loop.run()
        if leavesAtOnce {
            log.warning("second signal: leaving at once")
            return ExitStatus.failed
        }
        if !lastMoment.join(generator) {
            log.warning("a worker did not end in time: leaving without it")
        }
        return ExitStatus.fine
    }

    // MARK: The end

    private func received(_ signal: Int32) {
        if signal == SIGHUP {
            log.notice("SIGHUP: reloading is not there yet; restart to take over a new file")
        } else if isSignaled {
            leavesAtOnce = true
            loop.stop()
        } else {
            // After `--for` the end is under way already, and goes on as it is.
            isSignaled = true
            generator.stop()
        }
    }

    private func drained() {
        drainedAt = Clock.now()
        let linger = configuration.server.linger
        guard linger > .zero else { return finish("nothing in flight") }
        log.info("lingering for a last scrape", metadata: ["at_most": "\(linger)"])
        loop.schedule(at: Clock.now() + linger) { [unowned self] _ in
            finish("no scrape came in time")
        }
    }

    /// The scrape that shows the final counts began after the drain: one that began before may
    /// hold older ones.
    private func scraped(began: Instant) {
        guard let drainedAt, began >= drainedAt, configuration.server.linger > .zero else { return }
        finish("scraped")
    }

    private func finish(_ reason: String) {
        guard !isFinished else { return }
        isFinished = true
        log.info("stopped", metadata: ["because": "\(reason)"])
        loop.stop()
    }
}
