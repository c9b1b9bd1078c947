import Config
import Demo
import Engine
import Glibc
import Reactor
import Server
import System
import Time

/// `ballast demo`: load on the demo's target, and the port that shows it.
final class DemoRun {
    private let loop: EventLoop
    private let style: Style
    private var configuration: Configuration
    private var signals: Signals!
    private var lastMoment: LastMoment!
    private var generator: Generator!
    private var pages: Pages!
    private var server: Server!
    private var isInterrupted = false
    var showsProgress = false

    init(
        _ configuration: Configuration, rate: RateSetting, behaviour: DemoBehaviour,
        duration: Nanoseconds?, style: Style
    ) throws(StartError) {
        self.style = style
        self.configuration = configuration
        do {
            loop = try EventLoop()
            lastMoment = LastMoment(loop)
            signals = try Signals([SIGTERM, SIGINT], on: loop) { [unowned self] _ in
                if isInterrupted { leave(ExitStatus.failed) }
                isInterrupted = true
                generator.stop()
            }
        } catch {
            throw StartError("\(error)")
        }
        _ = Glibc.signal(SIGPIPE, SIG_IGN)
        // Only now, for threads inherit which signals are blocked.
        let port = try DemoThread(behaviour).address.port
        var load = LoadSettings(
            name: "demo", target: Target(scheme: .http, host: "127.0.0.1", port: port), rate: rate)
        load.startup = .seconds(10)
        self.configuration.loads = [load]
        var options = Generator.Options()
        options.userAgent = "ballast/\(Version.number)"
        options.duration = duration
        do {
            generator = try Generator(
                self.configuration, options: options, loop: loop,
                onEvent: { [unowned self] event in
                    if case .stopping = event { lastMoment.begin(self.configuration.server.drain) }
                },
                onDrained: { [unowned self] in loop.stop() })
        } catch {
            throw StartError(error.description)
        }
        pages = Pages(generator, self.configuration)
    }

    func run() throws(StartError) {
        server = try listen()
        writeResult(welcome)
        let report = Report(generator)
        let live = LiveLine(
            generator, report,
            style: Style(
                hasColors: style.hasColors, hasUnicode: style.hasUnicode,
                columns: StandardStream.error.columns ?? style.columns), loop: loop)
        live.isRecent = true
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
            other.server.port = 0
            guard configuration.server.port != 0 else { throw error }
            pages = Pages(generator, other)
            let server = try pages.listen(on: loop)
            writeResult(
                "Port \(configuration.server.port) is taken, so this demo is on "
                    + "\(server.localAddress.port).\n")
            return server
        }
    }

    private var welcome: String {
        let target = "http://\(configuration.loads[0].target.authority)"
        var host = server.localAddress.host
        if host == "0.0.0.0" { host = "127.0.0.1" }
        let own = "http://\(host):\(server.localAddress.port)"
        let name = style.paint("Ballast \(Version.number)", .bold)
        func command(_ text: String) -> String { style.paint(text, .cyan) }
        return """

            \(name) keeps \(rate) on a target of its own, \(target)

              watch     \(command("\(own)/"))
              scrape    \(command("curl -s \(own)/metrics | grep ballast_response"))
              disturb   \(command("curl -X POST '\(target)/behaviour?median=80ms&p99=400ms'"))
              break     \(command("curl -X POST '\(target)/behaviour?error_ratio=20%'"))
              by hand   \(command("ballast hit \(target)/ --rate 200/s"))

            Ctrl-C stops it and sums up.\(explanation)


            """
    }

    private var explanation: String {
        showsProgress ? " The line below shows the last five seconds, its bars p99 by second." : ""
    }

    private var rate: String {
        guard case .open(let rate) = configuration.loads[0].rate else { return "a closed loop" }
        return "\(RateText.exact(rate))"
    }
}
