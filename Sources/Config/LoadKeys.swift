import Schedule
import Time

// The keys of a load, of its `limits`, `tls` and `expect`.

extension LoadSettings: KeyedSection {
    /// Stand-ins for what must be given let the other keys be read and checked.
    init() {
        self.init(
            name: "", target: Target(scheme: .https, host: "invalid", port: 443),
            rate: .open(RateText.minimum))
    }

    static var keys: [Key<Self>] { stream + connection + exchange }

    private static var stream: [Key<Self>] {
        let hasSchedule: (Self) -> Bool = { $0.rate != .max }
        return [
            Key(
                "name", \.name, .text(checking: LoadName.parse), example: "name: checkout"),
            Key(
                name: "target", type: "URL", fallback: "required",
                example: "target: http://127.0.0.1:8080",
                synonyms: ["url", "host", "endpoint", "address", "uri"],
                read: { field, load, reader in
                    reader.target(field).map { load.target = $0 }
                },
                write: { load, yaml in yaml.text("target", load.target.url) }),
            Key(
                "rate", \.rate, .streamRate, example: "rate: 50/s",
                synonyms: ["rps", "qps", "requests_per_second", "throughput"]),
            Key(
                name: "arrivals", type: "`uniform`, `poisson`", fallback: "uniform",
                read: { $2.arrivals($0, &$1) },
                write: { load, yaml in
                    if hasSchedule(load) { yaml.plain("arrivals", load.arrivals.rawValue) }
                }),
            Key(
                name: "seed", type: "number", range: "0 to \(UInt64.max)",
                fallback: "from the name",
                read: { field, load, reader in
                    load.seed = reader.diagnostics.read(field, .integer(Ranges.seed))
                },
                write: { load, yaml in
                    guard hasSchedule(load), load.arrivals == .poisson else { return }
                    yaml.plain("seed", "\(load.seedInUse)")
                }),
            Key("pacing", \.pacing, .pacing, isShown: hasSchedule),
            Key("limits", \.limits),
            Key("timeout", \.timeout, .duration(Ranges.timeout), synonyms: ["request_timeout"]),
            Key(
                "startup", \.startup, .duration(Ranges.startup),
                synonyms: ["start_timeout", "wait_for", "initial_delay"]),
        ]
    }

    private static var connection: [Key<Self>] {
        [
            Key("transport", \.transport, .transport),
            Key("http", \.http, .httpVersion, synonyms: ["http_version", "http2"]),
            Key("tls", \.tls, isShown: { $0.target.scheme == .https }),
            Key("proxy", \.proxy, .proxy, synonyms: ["http_proxy"], masking: Masking.proxy),
            Key(
                "redirects", \.redirects, .integer(Ranges.redirects),
                synonyms: ["follow_redirects", "max_redirects"]),
            Key("compression", \.compression, .boolean, synonyms: ["gzip", "compress"]),
            Key(
                name: "unix", type: "path",
                range: "at most \(Ranges.unixPathBytesMax) bytes", fallback: "none",
                synonyms: ["unix_socket", "socket"],
                read: { $1.unix = $2.unixPath($0) },
                write: { load, yaml in load.unix.map { yaml.text("unix", $0) } }),
        ]
    }

    private static var exchange: [Key<Self>] {
        [
            Key("request", \.request, fallback: "`GET` of the target"),
            Key("expect", \.expect, fallback: "{status: 200-299}"),
            Key(
                name: "buckets", type: "list", range: "1us to 1h each", fallback: "[]",
                synonyms: ["bounds", "histogram_buckets"],
                read: { $1.buckets = $2.buckets($0) },
                write: { load, yaml in
                    let bounds = load.buckets.map(DurationText.exact)
                    yaml.plain("buckets", "[\(bounds.joined(separator: ", "))]")
                }),
        ]
    }
}

extension Limits: KeyedSection {
    static var keys: [Key<Self>] {
        let inFlight = ScalarKind<Int>.integer(Ranges.inFlight)
            .or("auto", Int?.none, else: Int?.some, unwrap: { $0 })
        return [
            Key(
                "connections", \.connections, .integer(Ranges.connections),
                synonyms: ["concurrency", "vus", "clients", "max_connections", "pool_size"]),
            Key(
                "in_flight", \.inFlight, inFlight,
                synonyms: ["max_in_flight", "inflight", "max_concurrency"]),
            Key("connect_rate", \.connectRate, .rate),
            Key("late", \.late, .duration(Ranges.late), synonyms: ["max_late", "queue_timeout"]),
            Key("catch_up", \.catchUp, .integer(Ranges.catchUp)),
            Key("body", \.body, .size(Ranges.body), synonyms: ["max_body", "body_limit"]),
        ]
    }
}

extension TLSSettings: KeyedSection {
    static var keys: [Key<Self>] {
        [
            Key(
                "verify", \.verify, .boolean),
            file("ca_file", \.ca, fallback: "the system's", synonyms: ["ca", "cacert"]),
            file("cert_file", \.certificate, synonyms: ["cert", "certificate"]),
            file("key_file", \.key, synonyms: ["key", "private_key"]),
            Key(
                "server_name", \.serverName, .hostName, fallback: "the target's host",
                synonyms: ["sni"]),
            Key("resume", \.resume, .boolean),
        ]
    }

    private static func file(
        _ name: String, _ path: WritableKeyPath<Self, String?>, fallback: String = "none",
        synonyms: [String]
    ) -> Key<Self> {
        Key(
            name: name, type: "path", fallback: fallback, synonyms: synonyms,
            read: { $1[keyPath: path] = $2.readablePath($0, holding: "-----BEGIN ") },
            write: { tls, yaml in tls[keyPath: path].map { yaml.text(name, $0) } })
    }

    func check(_ keys: MappingReader) {
        for (given, missing) in [("cert_file", "key_file"), ("key_file", "cert_file")] {
            if let position = keys.position(of: given), keys.position(of: missing) == nil {
                keys.diagnostics.report(
                    at: position, "\(given): a client certificate needs `\(missing)` too",
                    hint: "add `\(missing)`, or remove `\(given)`")
            }
        }
    }
}

extension StatusSet: KeyedSection {
    init() { self = .success }

    static var keys: [Key<Self>] {
        [
            Key(
                name: "status", type: "status or list of them", range: "100 to 599",
                fallback: "required", example: "expect: {status: 200-299}",
                synonyms: ["status_code", "codes"],
                read: { $1 = $2.statuses($0) },
                write: { set, yaml in
                    let ranges = set.ranges.map(StatusText.exact)
                    yaml.plain("status", "[\(ranges.joined(separator: ", "))]")
                })
        ]
    }
}
