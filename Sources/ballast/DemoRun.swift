import Config
import Demo
import Engine
import Glibc
import Measure
import Reactor
import Server
import System
import Time

/// `ballast demo`: load on the demo's target, and the port that shows it.
final class DemoRun {
    private let loop: EventLoop
    private let style: Style
    private let configuration: Configuration
    private let signals: Signals
    private let lastMoment: LastMoment
    private let generator: Generator
    private let target: DemoThread
    private var pages: Pages
    private var live: LiveLine?
    private var isInterrupted = false
    var showsProgress = false

    init(
        _ configuration: Configuration, rate: RateSetting, behaviour: DemoBehaviour,
        duration: Nanoseconds?, style: Style
    ) throws(StartError) {
        self.style = style
        do {
            loop = try EventLoop()
            lastMoment = LastMoment(loop)
            signals = try Signals([SIGTERM, SIGINT], on: loop)
        } catch {
            throw StartError("\(error)")
        }
        _ = Glibc.signal(SIGPIPE, SIG_IGN)
        // Only now, for threads inherit which signals are blocked.
        target = try DemoThread(behaviour, loop: loop)
        var load = LoadSettings(
            name: "demo",
            target: Target(scheme: .http, host: "127.0.0.1", port: target.address.port), rate: rate)
        load.startup = .seconds(10)
        // Few callers, so that a stall shows what a closed loop of as many would not have seen.
        load.limits.connections = 16
        load.limits.late = .seconds(10)
        var configuration = configuration
        configuration.loads = [load]
        self.configuration = configuration
        var options = Generator.Options()
        options.userAgent = "ballast/\(Version.number)"
        options.duration = duration
        do {
            generator = try Generator(configuration, options: options, loop: loop)
        } catch {
            throw StartError(error.description)
        }
        pages = Pages(generator, configuration, demo: target)
        hearAll()
    }

    private func hearAll() {
        target.onStall = { [unowned self] in stalled(for: $0) }
        generator.onEvent = { [unowned self] event in
            if case .stopping = event { lastMoment.begin(configuration.server.drain) }
        }
        generator.onDrained = { [unowned self] in loop.stop() }
        signals.onSignal = { [unowned self] _ in
            if isInterrupted { leave(ExitStatus.failed) }
            isInterrupted = true
            generator.stop()
        }
    }

    func run() throws(StartError) {
        let server = try listen()
        writeResult(welcome(server.localAddress))
        let report = Report(generator)
        let live = LiveLine(
            generator, report,
            style: Style(
                hasColors: style.hasColors, hasUnicode: style.hasUnicode,
                columns: StandardStream.error.columns ?? style.columns), loop: loop)
        live.isRecent = true
        self.live = live
        if showsProgress { live.start() }
        do {
            try generator.start()
        } catch {
            throw StartError("cannot start: \(error)")
        }
        loop.run()
        live.clear()
        guard lastMoment.join(generator) else { throw StartError(LastMoment.complaint) }
        report.refresh()
        var result = HitResult(report.loads[0], report.quantiles(ofLoad: 0))
        result.plan = HitResult.Plan(
            report.loads[0].plan, url: configuration.loads[0].target.url + "/")
        writeResult("\n" + HitSummary(result, style).text)
    }

    /// A newcomer's first command must not fail for want of a port.
    private func listen() throws(StartError) -> Server {
        do {
            return try pages.listen(on: loop)
        } catch {
            var other = configuration
            other.server.listen.port = 0
            guard configuration.server.listen.port != 0 else { throw error }
            pages = Pages(generator, other, demo: target)
            let server = try pages.listen(on: loop)
            writeResult(
                "Port \(configuration.server.listen.port) is taken, so this demo is on "
                    + "\(server.localAddress.port).\n")
            return server
        }
    }

    private func welcome(_ address: SocketAddress) -> String {
        let target = "http://\(configuration.loads[0].target.authority)"
        var host = address.host
        if host == "0.0.0.0" { host = "127.0.0.1" }
        let own = "http://\(host):\(address.port)"
        let name = style.paint("Ballast \(Version.number)", .bold)
        func command(_ text: String) -> String { style.paint(text, .cyan) }
        return """

            \(name) keeps \(rate) on a target of its own, \(target)

              watch     \(command("\(own)/"))
              scrape    \(command("curl -s \(own)/metrics | grep ballast_response_time"))
              slow      \(command("curl -X POST '\(target)/behaviour?median=80ms&p99=400ms'"))
              break     \(command("curl -X POST '\(target)/behaviour?error_ratio=20%'"))
              stall     \(command("curl -X POST '\(target)/behaviour?stall=2s'"))
              by hand   \(command("\(program) hit \(target)/ --rate 200/s"))

            Ctrl-C stops it and sums up.\(explanation)


            """
    }

    /// As this one was called, so that the command works as it is printed.
    private var program: String { ProcessArguments.all.first ?? "ballast" }

    // MARK: A stall

    /// Once the backlog of a stall is sent, says how many callers it kept waiting, and how many of them a closed loop
    /// would have seen.
    private func stalled(for length: Nanoseconds) {
        guard case .open = configuration.loads[0].rate else { return }
        loop.schedule(at: Clock.now() + length + .seconds(2)) { [unowned self] _ in
            let report = Report(generator)
            report.refresh()
            let recent = report.recentQuantiles(ofLoad: 0, report.quantiles(ofLoad: 0))
            let waited = recent.response.minute.count(above: length / 2)
            let seen = recent.service.minute.count(above: length / 2)
            live?.hide()
            writeResult(
                """
                The target stood still for \(length). In the last minute \(waited) callers on
                schedule waited longer than \(length / 2) (response time). A closed loop of
                \(connections) connections asks again only when it has its answer, and would have
                seen \(seen) of them (service time).

                """)
        }
    }

    private var connections: Int { configuration.loads[0].limits.connections }

    private var explanation: String {
        showsProgress ? " The line below shows the last five seconds, its bars p99 by second." : ""
    }

    private var rate: String {
        guard case .open(let rate) = configuration.loads[0].rate else { return "a closed loop" }
        return "\(RateText.exact(rate))"
    }
}
