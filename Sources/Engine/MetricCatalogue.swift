import Config
package import Measure
import Schedule
import System
import Time
import Transport

/// Every family that the engine shows on `/metrics`, in the order in which it shows them. Each series reads its value
/// from a `Report`, which the caller refreshes once per scrape.
package struct MetricCatalogue {
    let report: Report
    let health: Health
    private let renewals: [MetricFamily]

    package init(_ generator: Generator, _ report: Report) {
        self.report = report
        health = generator.health
        renewals = RenewalMetrics(generator).families
    }

    package var families: [MetricFamily] {
        accounting + times + state + renewals + generator + process
    }

    // MARK: Building blocks

    private func perLoad(
        _ name: String, _ kind: MetricFamily.Kind, _ help: String,
        _ series: (Int, LoadReport) -> [(labels: [Label], read: (LoadReport) -> Sample)]
    ) -> MetricFamily {
        let report = report
        let all = report.loads.enumerated().flatMap { index, load in
            series(index, load).map { entry in
                Series([Label("load", load.name)] + entry.labels) {
                    entry.read(report.loads[index])
                }
            }
        }
        return MetricFamily(name: "ballast_\(name)", help: help, kind: kind, series: all)
    }

    private func one(
        _ name: String, _ kind: MetricFamily.Kind, _ help: String,
        _ read: @escaping (LoadReport) -> Sample
    ) -> MetricFamily {
        perLoad(name, kind, help) { _, _ in [([], read)] }
    }

    // MARK: The families

    private var accounting: [MetricFamily] {
        [
            one(
                "requests_intended_total", .counter,
                "Requests that the schedule asked for. Equals sent + dropped + backlog."
            ) { .integer($0.intended) },
            one(
                "requests_sent_total", .counter,
                "Requests that were started, including those whose connection failed."
            ) { .integer($0.sent) },
            perLoad(
                "requests_dropped_total", .counter,
                "Requests that were never sent, by what held them up."
            ) { _, _ in
                DropReason.allCases.filter { $0 != .guard }.map { reason in
                    ([Label("reason", reason.name)], { .integer($0.count(reason)) })
                }
            },
            perLoad("requests_completed_total", .counter, "Ended requests by outcome.") { _, _ in
                Outcome.allCases.map { outcome in
                    ([Label("outcome", outcome.name)], { .integer($0.count(outcome)) })
                }
            },
            perLoad("responses_total", .counter, "Whole answers by status code.") { _, load in
                load.statuses.enumerated().map { place, status in
                    let code = status.code == 0 ? "other" : "\(status.code)"
                    return ([Label("code", code)], { .integer($0.statuses[place].count) })
                }
            },
            perLoad(
                "connects_total", .counter,
                "Attempts to open a connection by outcome, also while waiting for the target."
            ) { _, load in
                Self.connectOutcomes(load).map { outcome in
                    (
                        [Label("outcome", outcome.name)],
                        { .integer($0.connects[Int(outcome.rawValue)]) }
                    )
                }
            },
            one("sent_bytes_total", .counter, "Bytes of requests, without TLS.") {
                .integer($0.sentBytes)
            },
            one("received_bytes_total", .counter, "Bytes of answers, without TLS.") {
                .integer($0.receivedBytes)
            },
        ]
    }

    private static func connectOutcomes(_ load: LoadReport) -> [Outcome] {
        let isTLS = load.plan.settings.target.scheme == .https
        let isNamed = load.phases.first?.name == "dns"
        var outcomes: [Outcome] = [
            .ok, .connectTimeout, .refused, .reset, .unreachable, .local, .canceled,
        ]
        if isNamed { outcomes.append(.dns) }
        if isTLS { outcomes.append(.tls) }
        return outcomes
    }

    private var times: [MetricFamily] {
        [
            perLoad(
                "response_time_seconds", .histogram,
                "From the intended start to the end, for every sent request: what a caller on "
                    + "schedule would have waited."
            ) { _, _ in
                [
                    ([Label("result", "ok")], { .histogram($0.response.ok) }),
                    ([Label("result", "failed")], { .histogram($0.response.failed) }),
                ]
            },
            perLoad(
                "service_time_seconds", .histogram,
                "From the actual start to the end, connecting included, for every sent request."
            ) { _, _ in
                [
                    ([Label("result", "ok")], { .histogram($0.service.ok) }),
                    ([Label("result", "failed")], { .histogram($0.service.failed) }),
                ]
            },
            one(
                "start_delay_seconds", .histogram,
                "From the intended start to the actual start."
            ) { .histogram($0.startDelay) },
            perLoad(
                "phase_seconds", .histogram,
                "Parts of requests: connect and tls once per connection, wait to the first byte, "
                    + "transfer to the end; dns once per look-up, which never delays a request."
            ) { _, load in
                load.phases.enumerated().map { place, phase in
                    ([Label("phase", phase.name)], { .histogram($0.phases[place].times) })
                }
            },
        ]
    }

    private var state: [MetricFamily] {
        [
            one("requests_in_flight", .gauge, "Requests sent and not ended.") {
                .signed($0.inFlight)
            },
            one("requests_backlog", .gauge, "Requests due and not sent.") { .signed($0.backlog) },
            perLoad(
                "intended_rate", .gauge, "Requests per second that the schedule asks for now."
            ) { _, load in
                load.plan.isClosedLoop ? [] : [([], { .real($0.intendedRate ?? 0) })]
            },
            perLoad(
                "pacing_grid_seconds", .gauge,
                "The grid that starts are rounded up to; 0 is a wake-up for each start."
            ) { _, load in
                guard let schedule = load.plan.schedule else { return [] }
                return [([], { _ in .real(schedule.pacing.grid.seconds) })]
            },
            perLoad("connections", .gauge, "Open or opening connections by state.") { _, _ in
                [
                    (
                        [Label("state", "connecting")],
                        { .signed(Int64($0.connections.connecting)) }
                    ),
                    ([Label("state", "idle")], { .signed(Int64($0.connections.idle)) }),
                    ([Label("state", "active")], { .signed(Int64($0.connections.active)) }),
                ]
            },
            perLoad(
                "load_info", .gauge, "Always 1; its labels say how the load is sent."
            ) { _, load in
                let settings = load.plan.settings
                let labels = [
                    Label("transport", settings.transportChoice.choice.rawValue),
                    Label("http", settings.http.rawValue),
                    Label("method", settings.request.method),
                ]
                return [(labels, { _ in .integer(1) })]
            },
            perLoad("load_state", .gauge, "1 for the state that the load is in.") { _, _ in
                LoadReport.State.allCases.map { state in
                    ([Label("state", state.rawValue)], { .integer($0.state == state ? 1 : 0) })
                }
            },
        ]
    }
}
