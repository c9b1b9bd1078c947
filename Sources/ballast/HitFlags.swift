import ArgumentParser
import Config
import Schedule
import Time

/// The flags of `hit` that describe the load, and the configuration that they make.
struct HitFlags: ParsableArguments {
    @Argument(help: "A URL with host, port, path and query; http:// may be left out.")
    var url: String

    @Option(
        name: [
            .long, .customShort("r", allowingJoined: true), .customShort("q", allowingJoined: true),
        ],
        help: ArgumentHelp(
            "Requests in all per second (50), or with a unit (50/s, 12.5/m), or max: closed loop.",
            valueName: "rate"))
    var rate = "50/s"

    @Option(
        name: [.customLong("for"), .customShort("z", allowingJoined: true)],
        help: ArgumentHelp(
            "How long to go on (default: 10s, or until --requests).",
            valueName: "duration"))
    var duration: String?

    @Option(
        name: [.long, .customShort("n", allowingJoined: true)],
        help: ArgumentHelp(
            "How many requests to intend at most.",
            valueName: "count"))
    var requests: String?

    @Option(
        name: [.long, .customShort("c", allowingJoined: true)],
        help: ArgumentHelp(
            "Connections, open or opening (default: 64).",
            valueName: "count"))
    var connections: String?

    @Option(
        name: [.long, .customShort("w", allowingJoined: true)],
        help: ArgumentHelp(
            "Threads (default: auto, as few as carry the rate).",
            valueName: "count"))
    var workers: String?

    @Option(
        name: [.long, .customShort("m", allowingJoined: true)],
        help: ArgumentHelp(
            "GET unless there is a body.",
            valueName: "method"))
    var method: String?

    @Option(
        name: [.customLong("header"), .customShort("H", allowingJoined: true)],
        help: ArgumentHelp(
            "Repeatable; ${env:NAME} and ${file:PATH} are filled in.",
            valueName: "name: value"))
    var headers: [String] = []

    @Option(
        name: [.long, .customShort("d", allowingJoined: true)],
        help: ArgumentHelp(
            "The body itself, or @ and its file (POST unless --method says otherwise).",
            valueName: "text"))
    var body: String?

    @Option(
        name: [.long, .customShort("t", allowingJoined: true)],
        help: ArgumentHelp(
            "From the actual start to the last byte (default: 2s).",
            valueName: "duration"))
    var timeout: String?

    @Option(
        help: ArgumentHelp(
            "1.1, 2 or auto (default: 1.1).",
            valueName: "version"))
    var http: String?

    @Option(
        help: ArgumentHelp(
            "auto, direct or curl (default: auto).",
            valueName: "transport"))
    var transport: String?

    @Flag(name: [.long, .customShort("k")], help: "Accept any TLS certificate.")
    var insecure = false

    @Option(
        help: ArgumentHelp(
            "Status codes that are ok: 204, 200-299, 2xx, several with commas.",
            valueName: "codes"))
    var expectStatus: String?

    @Option(
        help: ArgumentHelp(
            "auto, precise or 'grid 500us' (default: auto).",
            valueName: "pacing"))
    var pacing: String?

    @Option(
        help: ArgumentHelp(
            "uniform or poisson (default: uniform).",
            valueName: "process"))
    var arrivals: String?

    @Option(
        help: ArgumentHelp(
            "Of the Poisson process (default: drawn anew and shown).",
            valueName: "number"))
    var seed: String?

    @Option(
        help: ArgumentHelp(
            "How long a due request may wait for a connection (default: 1s).",
            valueName: "duration"))
    var late: String?

    static let loadName = "hit"
    static let defaultDuration = Nanoseconds.seconds(10)
    /// How long the target may take to accept the first connection.
    static let startup = Nanoseconds.seconds(5)

    /// - Throws: `ValidationError` that names the flag.
    func load() throws -> LoadSettings {
        let (target, path) = try flag("URL", url, FlagValue.url)
        var load = LoadSettings(
            name: Self.loadName, target: target, rate: try flag("--rate", rate, FlagValue.rate))
        load.startup = Self.startup
        load.timeout = try flag("--timeout", timeout, FlagValue.timeout) ?? load.timeout
        load.pacing = try flag("--pacing", pacing, FlagValue.pacing) ?? load.pacing
        try readArrivals(&load)
        load.limits.connections =
            try flag("--connections", connections, FlagValue.connections)
            ?? load.limits.connections
        load.limits.late = try flag("--late", late, FlagValue.late) ?? load.limits.late
        load.http = try flag("--http", http, FlagValue.http) ?? load.http
        load.transport = try flag("--transport", transport, FlagValue.transport) ?? load.transport
        load.tls.verify = !insecure
        load.expect = try flag("--expect-status", expectStatus, FlagValue.statuses) ?? load.expect
        load.request.path = path
        try readRequest(&load.request)
        try check(load)
        return load
    }

    /// Without `--seed` another stream in each run: a result that comes back is then not one stream's accident. Short
    /// enough to be written again.
    private func readArrivals(_ load: inout LoadSettings) throws {
        load.arrivals = try flag("--arrivals", arrivals, FlagValue.arrivals) ?? .uniform
        let given = try flag("--seed", seed, FlagValue.seed)
        if given != nil, load.arrivals == .uniform {
            throw ValidationError("--seed: only `--arrivals poisson` has one")
        }
        if load.arrivals == .poisson {
            load.seed = given ?? UInt64(UInt32.random(in: 0 ... .max))
        }
    }

    private func readRequest(_ request: inout RequestSettings) throws {
        if let body, duration == nil, (try? FlagValue.length(body)) != nil {
            throw ValidationError(
                "--body: `\(body)` looks like a length of time: `-z \(body)` says how long to go on"
            )
        }
        request.body = try flag("--body", body, FlagValue.body)
        if request.body != nil { request.method = "POST" }
        request.method =
            try flag("--method", method, HeaderRules.parseMethod) ?? request.method
        for text in headers {
            let header = try flag("--header", text, FlagValue.header)
            if request.headers.contains(where: {
                $0.name.lowercased() == header.name.lowercased()
            }) {
                throw ValidationError("--header: `\(header.name)` is given twice")
            }
            request.headers.append(header)
        }
    }

    /// What flags ask of each other.
    private func check(_ load: LoadSettings) throws {
        if load.transport == .direct, let key = load.curlOnlyKey {
            throw ValidationError("--transport: direct cannot do `\(key)`; leave it at auto")
        }
        if insecure, load.target.scheme == .http {
            throw ValidationError("--insecure: the URL is plain http and has no certificate")
        }
        if load.rate == .max, pacing != nil || arrivals != nil {
            let name = pacing != nil ? "--pacing" : "--arrivals"
            throw ValidationError("\(name): `--rate max` has no schedule to apply it to")
        }
    }

    /// How long and how many; with neither given, ten seconds.
    func bounds() throws -> (duration: Nanoseconds?, requests: UInt64?) {
        let length = try flag("--for", duration, FlagValue.length)
        let count = try flag("--requests", requests, FlagValue.requests)
        return (length ?? (count == nil ? Self.defaultDuration : nil), count)
    }
}
