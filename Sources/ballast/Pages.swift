import Config
import Demo
import Engine
import Exposition
import Glibc
import HTTP1
import Measure
import Reactor
import Server
import Time

/// What the port serves: metrics, health, the status page and the configuration.
final class Pages {
    let scrape: ScrapePage
    private let generator: Generator
    private let configuration: Configuration
    /// The target of `ballast demo`, which the page may change.
    private let demo: DemoThread?
    /// Hears of every whole scrape, with the instant at which its first byte was read.
    var onScraped: (Instant) -> Void = { _ in }

    init(_ generator: Generator, _ configuration: Configuration, demo: DemoThread? = nil) {
        self.generator = generator
        self.configuration = configuration
        self.demo = demo
        scrape = ScrapePage(generator)
    }

    /// Starts to listen where the configuration says.
    func listen(on loop: EventLoop) throws(StartError) -> Server {
        let settings = configuration.server
        guard let address = SocketAddress(ip: settings.listen.host, port: settings.listen.port)
        else {
            throw StartError("cannot listen on \(settings.listen.host): it is not an IP address")
        }
        do {
            return try Server(listen: address, loop: loop, routes: routes)
        } catch {
            let remedy =
                error.code == EADDRINUSE
                ? "; choose another port with --listen or server.listen" : ""
            throw StartError(
                "cannot listen on \(address): \(SystemError.text(of: error.code))\(remedy)")
        }
    }

    /// For the buttons of the page, which may ask nobody but us.
    private func behaviour(_ target: DemoThread) -> Route {
        Route("/demo/behaviour", methods: ["POST"], summary: "changes the demo's target") {
            request in
            let query = request.request.query ?? ""
            do {
                try target.change(query)
            } catch {
                return .text("\(error)\n", status: 400)
            }
            return .text("ok\n")
        }
    }

    private var routes: [Route] {
        let metrics = Route("/metrics", summary: "for Prometheus", isLimited: true) {
            [unowned self] request in
            var response = Response.metrics(scrape.render())
            guard request.request.method == "GET" else { return response }
            let health = generator.health
            response.onWritten = { [weak self, doubt = health.doubt] in
                health.scraped(in: doubt)
                self?.onScraped(request.began)
            }
            return response
        }
        let config = Route("/config", summary: "the effective configuration, secrets masked") {
            [unowned self] _ in
            .text(configuration.maskedYAML)
        }
        let health = HealthRoutes.routes(
            live: { [HealthCheck("loop")] },
            ready: { [unowned self] in
                [HealthCheck("running", failure: generator.isStopping ? "stopping" : nil)]
            })
        let page = StatusPage.routes(
            version: Version.number,
            status: { [unowned self] in
                var document = StatusDocument(generator, scrape.report)
                document.isDemo = demo != nil
                return document
            },
            history: { [unowned self] in HistoryDocument(scrape.report, after: $0) })
        return [metrics, config] + health + page + (demo.map { [behaviour($0)] } ?? [])
    }
}

/// The page of `/metrics`: the engine's families and the program's own. Rendered anew per scrape, and laid out anew
/// when a status code is seen for the first time.
final class ScrapePage {
    let report: Report
    private let generator: Generator
    private var page: TextPage
    private var revision: Int
    private let own = OwnCounts()

    private final class OwnCounts {
        var scrapes: UInt64 = 0
        var lastDuration = Nanoseconds.zero
    }

    init(_ generator: Generator) {
        self.generator = generator
        report = Report(generator)
        revision = report.revision
        page = TextPage(Self.families(generator, report, own))
    }

    /// Now.
    var seriesCount: Int { page.seriesCount }

    /// Once every load has seen as many status codes as are told apart.
    var seriesMax: Int {
        report.loads.reduce(page.seriesCount) { $0 + Report.statusMax + 1 - $1.statuses.count }
    }

    func render() -> [UInt8] {
        let start = Clock.now()
        own.scrapes += 1
        report.refresh()
        if report.revision != revision {
            revision = report.revision
            page = TextPage(Self.families(generator, report, own))
        }
        let bytes = page.render()
        own.lastDuration = Clock.now() - start
        return bytes
    }

    private static func families(
        _ generator: Generator, _ report: Report, _ own: OwnCounts
    ) -> [MetricFamily] {
        MetricCatalogue(generator, report).families + [
            MetricFamily(
                name: "ballast_scrapes_total", help: "Scrapes begun, this one included.",
                kind: .counter, series: [Series { .integer(own.scrapes) }]),
            MetricFamily(
                name: "ballast_scrape_duration_seconds",
                help: "What the previous scrape took to read and render.", kind: .gauge,
                series: [Series { .real(own.lastDuration.seconds) }]),
            MetricFamily(
                name: "ballast_build_info", help: "Always 1; its labels name the build.",
                kind: .gauge,
                series: [Series([Label("version", Version.number)]) { .integer(1) }]),
        ]
    }
}
