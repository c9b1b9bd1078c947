import Foundation
import Testing

/// The names on `/metrics` are those that the documentation and the dashboards name.
enum MetricNameRules {
    static let golden = "Tests/EndToEndTests/Fixtures/metrics.golden"

    /// The families of a scraped page, with their types.
    static func families(ofPage page: String) -> [String: String] {
        var families: [String: String] = [:]
        for line in page.split(separator: "\n") where line.hasPrefix("# TYPE ") {
            let words = line.split(separator: " ")
            if words.count == 4 { families[String(words[2])] = String(words[3]) }
        }
        return families
    }

    /// The metrics that a text names: our prefix or the process metrics, whole words, no wildcards.
    static func names(in text: String) -> Set<String> {
        var names: Set<String> = []
        for word in text.split(whereSeparator: {
            !($0.isLetter || $0.isNumber || "_*:".contains($0))
        })
        where word.hasPrefix("ballast_") || word.hasPrefix("process_") {
            if !word.contains("*") && !word.hasSuffix("_") { names.insert(String(word)) }
        }
        return names
    }

    /// The family of a series: histograms' suffixes go.
    static func family(of name: String, in families: [String: String]) -> String? {
        if families[name] != nil { return name }
        for suffix in ["_bucket", "_sum", "_count"] where name.hasSuffix(suffix) {
            let base = String(name.dropLast(suffix.count))
            if families[base] == "histogram" { return base }
        }
        return nil
    }

    static func unknownNames(in file: ProjectFile, families: [String: String]) -> [String] {
        names(in: file.text).filter { family(of: $0, in: families) == nil }.sorted()
            .map { file.fault(1, "\($0) is not on /metrics") }
    }

    static func undocumented(families: [String: String], by text: String) -> [String] {
        let named = Set(names(in: text).compactMap { family(of: $0, in: families) })
        return Set(families.keys).subtracting(named).sorted()
    }
}

@Suite struct MetricNameTests {
    private static let page = """
        # HELP ballast_requests_sent_total Sent.
        # TYPE ballast_requests_sent_total counter
        ballast_requests_sent_total{load="a"} 1
        # TYPE ballast_response_time_seconds histogram
        # TYPE process_open_fds gauge
        """

    @Test func `documentation, dashboards and the page of metrics name the same`() throws {
        let hasGoldens = !Project.files("Tests/EndToEndTests/Fixtures").isEmpty
        guard let page = Project.text(MetricNameRules.golden) else {
            #expect(!hasGoldens, "\(MetricNameRules.golden) is missing")
            return
        }
        let families = MetricNameRules.families(ofPage: page)
        #expect(families.count > 20)
        let manual = try #require(Project.text("docs/metrics.md"), "docs/metrics.md is missing")
        #expect(MetricNameRules.undocumented(families: families, by: manual) == [])
        let readme = Project.rootFiles().filter { $0.path == "README.md" }
        for file in Project.files("docs") + Project.files("grafana") + readme {
            #expect(MetricNameRules.unknownNames(in: file, families: families) == [])
        }
    }

    @Test func `a page's families are found`() {
        #expect(
            MetricNameRules.families(ofPage: Self.page) == [
                "ballast_requests_sent_total": "counter",
                "ballast_response_time_seconds": "histogram",
                "process_open_fds": "gauge",
            ])
    }

    @Test(arguments: [
        "rate(ballast_send_total[1m])", "`ballast_sent_total_count`", "process_fds",
        "ballast_response_time_seconds_quantile",
    ])
    func `an unknown name is seen`(text: String) {
        let families = MetricNameRules.families(ofPage: Self.page)
        let file = ProjectFile(path: "docs/metrics.md", text: text)
        #expect(MetricNameRules.unknownNames(in: file, families: families).count == 1)
    }

    @Test(arguments: [
        "sum(rate(ballast_requests_sent_total{load=~\"$load\"}[1m]))",
        "| `process_open_fds` | gauge |",
        "ballast_response_time_seconds_bucket and ballast_response_time_seconds_sum",
        "`process_*` and the prefix `ballast_`",
    ])
    func `a known name is not`(text: String) {
        let families = MetricNameRules.families(ofPage: Self.page)
        let file = ProjectFile(path: "docs/metrics.md", text: text)
        #expect(MetricNameRules.unknownNames(in: file, families: families) == [])
    }

    @Test func `a family without documentation is seen`() {
        let families = MetricNameRules.families(ofPage: Self.page)
        let text = "ballast_requests_sent_total, ballast_response_time_seconds_count"
        #expect(MetricNameRules.undocumented(families: families, by: text) == ["process_open_fds"])
    }
}
