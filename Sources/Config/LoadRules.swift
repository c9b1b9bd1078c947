/// What the keys of one load ask of each other. Each rule reports at the key that would have to
/// change.
struct LoadRules {
    let load: LoadSettings
    let keys: MappingReader
    /// The key `limits`, where it is written.
    let limits: Field?

    func check() {
        checkDirectTransport()
        checkTLS()
        checkClosedLoop()
        checkInFlight()
    }

    private func report(_ key: String, _ message: String, hint: String) {
        guard let position = keys.position(of: key) else { return }
        keys.diagnostics.report(at: position, "\(key): \(message)", hint: hint)
    }

    private func checkDirectTransport() {
        guard load.transport == .direct else { return }
        for key in load.curlOnlyKeys {
            report(
                key, "only the curl transport can do this, and `transport` is `direct`",
                hint: "remove `transport: direct`; `auto` then takes curl")
        }
    }

    private func checkTLS() {
        guard load.target.scheme == .http else { return }
        report(
            "tls", "the target is plain http and uses none of these keys",
            hint: "make the target https, or remove `tls`")
    }

    private func checkClosedLoop() {
        guard load.rate == .max else { return }
        for key in ["arrivals", "pacing"] {
            report(
                key, "`rate: max` has no schedule to apply it to",
                hint: "remove it, or give a rate such as `50/s`")
        }
    }

    /// An HTTP/1.1 connection carries one request at a time.
    private func checkInFlight() {
        guard load.http == .http1, let inFlight = load.limits.inFlight,
            inFlight > load.limits.connections, let limits,
            case .mapping(let entries) = limits.node.content,
            let entry = entries.first(where: { $0.key == "in_flight" })
        else { return }
        keys.diagnostics.report(
            at: entry.position,
            "in_flight: \(inFlight) requests cannot be in flight on \(load.limits.connections)"
                + " connections of HTTP/1.1",
            hint: "lower it, raise `connections`, or set `http: 2`")
    }
}
