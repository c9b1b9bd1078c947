/// What the keys of one load ask of each other. Each rule reports at the key that would have to
/// change.
extension LoadSettings {
    func check(_ keys: MappingReader) {
        checkDirectTransport(keys)
        checkTLS(keys)
        checkClosedLoop(keys)
        checkSeed(keys)
        checkInFlight(keys)
    }

    private func report(
        _ key: String, of keys: MappingReader, _ message: String, hint: String
    ) {
        guard let position = keys.position(of: key) else { return }
        let isShared = keys.isShared(key)
        keys.diagnostics.report(
            at: position, "\(key): \(message)" + (isShared ? " (in load `\(name)`)" : ""),
            hint: isShared ? "write `\(key): null` in that load" : hint)
    }

    private func checkDirectTransport(_ keys: MappingReader) {
        guard transport == .direct else { return }
        for key in curlOnlyKeys {
            report(
                key, of: keys, "only the curl transport can do this, and `transport` is `direct`",
                hint: "remove `transport: direct`; `auto` then takes curl")
        }
    }

    private func checkTLS(_ keys: MappingReader) {
        guard target.scheme == .http else { return }
        report(
            "tls", of: keys, "the target is plain http and uses none of these keys",
            hint: "make the target https, or remove `tls`")
    }

    private func checkClosedLoop(_ keys: MappingReader) {
        guard rate == .max else { return }
        for key in ["arrivals", "seed", "pacing"] {
            report(
                key, of: keys, "`rate: max` has no schedule to apply it to",
                hint: "remove it, or give a rate such as `50/s`")
        }
    }

    private func checkSeed(_ keys: MappingReader) {
        if let arrivals = keys.node(of: "arrivals"),
            let poisson = MappingReader.entry("poisson", of: arrivals)?.value,
            MappingReader.entry("seed", of: poisson) != nil
        {
            report(
                "seed", of: keys, "`arrivals` has a seed already",
                hint: "keep this one, and write `arrivals: poisson`")
        }
        // An arrival process that nobody could read is reported already.
        let isUniform = keys.node(of: "arrivals").map { $0.isScalar("uniform") } ?? true
        guard rate != .max, isUniform, seed != nil else { return }
        report(
            "seed", of: keys, "evenly spaced arrivals have no chance in them",
            hint: "add `arrivals: poisson`, or remove it")
    }

    /// An HTTP/1.1 connection carries one request at a time.
    private func checkInFlight(_ keys: MappingReader) {
        guard http == .http1, let inFlight = limits.inFlight, inFlight > limits.connections,
            let node = keys.node(of: "limits"),
            let entry = MappingReader.entry("in_flight", of: node)
        else { return }
        keys.diagnostics.report(
            at: entry.position,
            "in_flight: \(inFlight) requests cannot be in flight on \(limits.connections)"
                + " connections of HTTP/1.1",
            hint: "lower it, raise `connections`, or set `http: 2`")
    }
}

extension LoadSettings {
    package enum TransportChoice: String, Hashable, Sendable { case direct, curl }

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
