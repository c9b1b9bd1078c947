import Engine
import Exposition
import Measure
import Reactor
import Time

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
