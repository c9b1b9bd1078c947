extension LoadSettings {
    package enum TransportChoice: Hashable, Sendable { case direct, curl }

    /// Which transport carries the load, and the key that decided it: direct for HTTP/1.1, which is
    /// what Ballast exists for, curl as soon as a key asks for more.
    package var transportChoice: (choice: TransportChoice, because: String) {
        switch transport {
        case .direct: return (.direct, "transport: direct")
        case .curl: return (.curl, "transport: curl")
        case .automatic: break
        }
        if let key = curlOnlyKey { return (.curl, key) }
        return (.direct, "HTTP/1.1 over \(target.scheme == .https ? "TLS" : "TCP")")
    }

    /// The first key that only the curl transport can serve, as `check` shows it.
    package var curlOnlyKey: String? {
        curlOnlyKeys.first.map { $0 == "http" ? "http: \(http.rawValue)" : $0 }
    }

    /// All keys that only the curl transport can serve.
    var curlOnlyKeys: [String] {
        let needed = [
            ("http", http != .http1), ("proxy", proxy != nil), ("redirects", redirects > 0),
            ("compression", compression), ("unix", unix != nil),
        ]
        return needed.filter(\.1).map(\.0)
    }

    /// `limits.in_flight`, or its default for the load's HTTP version.
    package var inFlightLimit: Int {
        limits.inFlight ?? (http == .http1 ? limits.connections : limits.connections * 100)
    }
}
