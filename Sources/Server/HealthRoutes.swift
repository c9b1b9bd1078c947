/// One thing that a probe asks about.
package struct HealthCheck: Hashable, Sendable {
    package let name: String
    /// Why it failed; nil when all is well.
    package let failure: String?

    package init(_ name: String, failure: String? = nil) {
        self.name = name
        self.failure = failure
    }
}

/// The paths that Kubernetes and Prometheus probe. A failed check answers 503.
package enum HealthRoutes {
    /// - Parameters:
    ///   - live: whether the process works at all; must not depend on any target.
    ///   - ready: whether it does its work now.
    package static func routes(
        live: @escaping () -> [HealthCheck], ready: @escaping () -> [HealthCheck]
    ) -> [Route] {
        [
            route("/livez", "whether the process works; ?verbose lists the checks", live),
            route("/readyz", "whether it does its work; ?verbose lists the checks", ready),
            route("/healthz", "the same as /livez", live),
            route("/-/healthy", "the same as /livez", live),
            route("/-/ready", "the same as /readyz", ready),
        ]
    }

    private static func route(
        _ path: String, _ summary: String, _ checks: @escaping () -> [HealthCheck]
    ) -> Route {
        Route(path, summary: summary) { request in
            let isVerbose = request.queryItems.contains { $0.name == "verbose" }
            return response(to: path, checks(), isVerbose: isVerbose)
        }
    }

    private static func response(
        to path: String, _ checks: [HealthCheck], isVerbose: Bool
    ) -> Response {
        let failed = checks.contains { $0.failure != nil }
        guard failed || isVerbose else { return .text("ok\n") }
        let lines = checks.map { check in
            check.failure.map { "[-]\(check.name) failed: \($0)" } ?? "[+]\(check.name) ok"
        }
        let verdict = "\(path.dropFirst()) check \(failed ? "failed" : "passed")"
        return .text(
            (lines + [verdict]).joined(separator: "\n") + "\n", status: failed ? 503 : 200)
    }
}
