import Config
import Measure
import Reactor
import Time
import Transport

/// What became of a load's request while the files that it refers to changed. Only the main thread uses it.
final class RequestRenewals {
    /// How often another request took the last one's place.
    var renewed: UInt64 = 0
    /// How often it could not be made; once per look as long as it lasts.
    var failed: UInt64 = 0
    /// Why the last try failed; nil when it did not.
    var failure: String?
}

/// Renders a load's request anew when a file that it refers to changes. It looks once a second, which is always right:
/// a rotated secret is a new file behind a link, and events about those get lost.
final class SecretWatch {
    private static let interval = Nanoseconds.seconds(1)

    private unowned let generator: Generator
    private let loop: EventLoop
    private var signatures: [String: FileSignature?] = [:]

    init(_ generator: Generator, loop: EventLoop) {
        self.generator = generator
        self.loop = loop
        let files = Set(generator.configuration.loads.flatMap(\.secretFiles))
        guard !files.isEmpty else { return }
        for file in files { signatures[file] = FileSignature(of: file) }
        // What changed between the rendering and now is found out by rendering once more.
        loop.schedule(at: Clock.now()) { [weak self] _ in self?.renewAll(files) }
    }

    private func look() {
        var changed: Set<String> = []
        for (file, known) in signatures {
            let signature = FileSignature(of: file)
            if signature != known {
                signatures[file] = signature
                changed.insert(file)
            }
        }
        renewAll(changed)
    }

    /// Those that a changed file belongs to, and those that failed before.
    private func renewAll(_ changed: Set<String>) {
        for control in generator.controls {
            let isAffected = control.plan.settings.secretFiles.contains { changed.contains($0) }
            let renewals = generator.renewals[control.index]
            if isAffected || renewals.failure != nil { renew(control, renewals) }
        }
        loop.schedule(at: Clock.now() + Self.interval) { [weak self] _ in self?.look() }
    }

    private func renew(_ control: LoadControl, _ renewals: RequestRenewals) {
        do throws(RequestRenderer.Failure) {
            let request = try generator.renderers[control.index].render()
            try checkSize(request, of: control)
            if request != generator.requests[control.index] {
                renewals.renewed += 1
                generator.renew(control, request)
            } else if renewals.failure != nil {
                generator.announce(.secretReadable(load: control.name))
            }
            renewals.failure = nil
        } catch {
            // The last good request goes on being sent, and the next look tries again.
            renewals.failed += 1
            if renewals.failure != error.reason {
                generator.announce(.secretUnusable(load: control.name, reason: error.reason))
            }
            renewals.failure = error.reason
        }
    }

    private func checkSize(
        _ request: RenderedRequest, of control: LoadControl
    ) throws(RequestRenderer.Failure) {
        let old = generator.requests[control.index].body.count
        let all = generator.requests.reduce(0) { $0 + $1.body.count } - old + request.body.count
        guard all <= Ranges.requestBytesMax else {
            throw RequestRenderer.Failure(
                reason: "all requests together would be larger than "
                    + SizeText.exact(Ranges.requestBytesMax))
        }
    }
}

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
