import Config
import Measure

/// The families about requests that are made of files. A load without such files has no series.
struct RenewalMetrics {
    let families: [MetricFamily]

    init(_ generator: Generator) {
        let loads = generator.controls.filter { !$0.plan.settings.secretFiles.isEmpty }
        let all = loads.map { (name: $0.name, renewals: generator.renewals[$0.index]) }
        families = [
            MetricFamily(
                name: "ballast_request_renewals_total",
                help: "Tries to make a request anew because a file that it refers to changed.",
                kind: .counter,
                series: all.flatMap { load in
                    [
                        Series([Label("load", load.name), Label("result", "ok")]) {
                            .integer(load.renewals.renewed)
                        },
                        Series([Label("load", load.name), Label("result", "failed")]) {
                            .integer(load.renewals.failed)
                        },
                    ]
                }),
            MetricFamily(
                name: "ballast_request_stale",
                help:
                    "1 while a file holds what the request cannot, and the last good one is sent.",
                kind: .gauge,
                series: all.map { load in
                    Series([Label("load", load.name)]) {
                        .integer(load.renewals.failure == nil ? 0 : 1)
                    }
                }),
        ]
    }
}
