import Config
import Engine
import Glibc
import HTTP1
import Reactor
import Server
import Time

/// What the port serves: metrics, health, the status page and the configuration.
final class Pages {
    let scrape: ScrapePage
    private let generator: Generator
    private let configuration: Configuration
    /// Hears of every whole scrape, with the instant at which its first byte was read.
    var onScraped: (Instant) -> Void = { _ in }

    init(_ generator: Generator, _ configuration: Configuration) {
        self.generator = generator
        self.configuration = configuration
        scrape = ScrapePage(generator)
    }

    /// Starts to listen where the configuration says.
    func listen(on loop: EventLoop) throws(StartError) -> Server {
        let settings = configuration.server
        guard let address = SocketAddress(ip: settings.host, port: settings.port) else {
            throw StartError("cannot listen on \(settings.host): it is not an IP address")
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
        let page = StatusPage.routes(version: Version.number) { [unowned self] in
            StatusDocument(generator, scrape.report)
        }
        return [metrics, config] + health + page
    }
}
