import Config
import Engine
import System
import Testing

@testable import ballast

@Suite struct PlanTests {
    private func configuration(_ yaml: String) throws -> Configuration {
        try Configuration.parse(Array(yaml.utf8), file: "test.yaml")
    }

    @Test func `the plan in words is as recorded`() throws {
        let configuration = try configuration(
            """
            loads:
              - {name: steady, target: "http://127.0.0.1:8080/api", rate: 12.5/m}
              - name: fast
                target: https://127.0.0.1:8443
                rate: 18000/s
                arrivals: poisson
                request: {method: POST, path: "/x?key=${env:HOME}", body: hello}
                limits: {late: 0s}
              - {name: http2, target: "https://127.0.0.1:8443", rate: 1/s, http: 2}
              - {name: closed, target: "http://127.0.0.1:8080", rate: max}
            """)
        let plan = GeneratorPlan(configuration, cores: 2)
        let scrape = PlanText.scrapeText(
            series: 146, seriesMax: 166, bytes: 13_304, compressed: 2_121)
        try Golden.check(PlanText.text(plan) + scrape, "plan.txt")
    }

    /// Longer than what 64 bits hold in nanoseconds.
    @Test func `connections that carry a slow rate for centuries are no reason to crash`() throws {
        let configuration = try configuration(
            """
            loads:
              - {name: a, target: "http://127.0.0.1:1", rate: 0.5/h, http: 2,
                 limits: {connections: 20000}}
            """)
        let text = PlanText.text(GeneratorPlan(configuration, cores: 2))
        #expect(text.contains("2000000 in flight carry 0.5/h up to the timeout of 2s"), "\(text)")
    }

    @Test func `too few descriptors are told with both numbers and a remedy`() throws {
        let configuration = try configuration(
            """
            loads:
              - {name: a, target: "http://127.0.0.1:1", rate: 1/s, limits: {connections: 1000}}
            """)
        let few = DescriptorLimit(soft: 1_024, hard: 1_024)
        #expect(
            Preflight.descriptorShortage(configuration, limit: few)
                == "the loads may hold 1000 connections, which needs 1128 open files, but this "
                + "process may have 1024: lower limits.connections, or raise `ulimit -n`")
        let enough = DescriptorLimit(soft: 1_128, hard: 1_128)
        #expect(Preflight.descriptorShortage(configuration, limit: enough) == nil)
        #expect(Preflight.descriptorShortage(configuration, limit: nil) == nil)
    }
}
