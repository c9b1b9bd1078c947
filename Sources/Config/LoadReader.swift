import Schedule
import Time

/// Reads one entry of `loads`.
struct LoadReader {
    let reader: ConfigurationReader
    var diagnostics: DiagnosticCollector { reader.diagnostics }

    init(_ reader: ConfigurationReader) { self.reader = reader }

    /// - Returns: nil, reported, when the load has no name, target or rate.
    func load(_ keys: inout MappingReader, lineOfName: inout [String: Int]) -> LoadSettings? {
        let name = name(&keys, lineOfName: &lineOfName)
        let target = keys.required("target", .target, example: "target: http://127.0.0.1:8080")
        let openRate = ScalarKind<Rate>.rate.map(RateSetting.open)
        let rate = keys.required("rate", openRate.or(["max": .max]), example: "rate: 50/s")
        let isComplete = name != nil && target != nil && rate != nil

        // What is missing has been reported, so stand-ins let the other keys be read and checked.
        let nowhere = Target(scheme: .https, host: "invalid", port: 443)
        var load = LoadSettings(
            name: name ?? "", target: target ?? nowhere, rate: rate ?? .open(RateText.minimum))
        if let field = keys.field("arrivals") { load.arrivals = arrivals(field, name: load.name) }
        load.pacing = keys.optional("pacing", load.pacing, .pacing)
        let limits = keys.field("limits")
        if let limits { load.limits = self.limits(limits) }
        load.timeout = keys.optional("timeout", load.timeout, .duration(Ranges.timeout))
        load.startup = keys.optional("startup", load.startup, .duration(Ranges.startup))
        connection(&keys, &load)
        if let field = keys.field("request") {
            load.request = RequestReader(reader).request(field)
        }
        if let field = keys.field("expect") { load.expect = expect(field) }
        if let field = keys.field("buckets") { load.buckets = buckets(field) }
        keys.finish()

        LoadRules(load: load, keys: keys, limits: limits).check()
        return isComplete ? load : nil
    }

    private func name(_ keys: inout MappingReader, lineOfName: inout [String: Int]) -> String? {
        let kind = ScalarKind(parsing: LoadName.parse)
        guard let field = keys.required("name", example: "name: checkout"),
            let name = diagnostics.read(field, kind)
        else { return nil }
        if let line = lineOfName[name] {
            diagnostics.report(
                at: field.node.start, "name: \(quoted(name)) is already the name of another load",
                hint: "the other one is on line \(line); names tell loads apart on /metrics")
        }
        lineOfName[name] = lineOfName[name] ?? field.position.line
        return name
    }

    private func arrivals(_ field: Field, name: String) -> ArrivalProcess {
        let named = ArrivalProcess.poisson(seed: LoadName.seed(name))
        guard case .mapping = field.node.content else {
            let kind = ScalarKind.choice(["uniform": ArrivalProcess.uniform, "poisson": named])
            return diagnostics.read(field, kind) ?? .uniform
        }
        guard var process = MappingReader(field, diagnostics) else { return .uniform }
        defer { process.finish() }
        guard let poisson = process.required("poisson", example: "arrivals: {poisson: {seed: 7}}"),
            var options = MappingReader(poisson, diagnostics)
        else { return .uniform }
        let seed = options.optional("seed", .integer(Ranges.seed))
        options.finish()
        return seed.map { .poisson(seed: $0) } ?? named
    }

    private func limits(_ field: Field) -> Limits {
        var limits = Limits()
        guard var keys = MappingReader(field, diagnostics) else { return limits }
        limits.connections = keys.optional(
            "connections", limits.connections, .integer(Ranges.connections))
        let inFlight = ScalarKind<Int>.integer(Ranges.inFlight).map(Int?.some)
        limits.inFlight = keys.optional("in_flight", nil, inFlight.or(["auto": nil]))
        limits.connectRate = keys.optional("connect_rate", limits.connectRate, .rate)
        limits.late = keys.optional("late", limits.late, .duration(Ranges.late))
        limits.catchUp = keys.optional("catch_up", limits.catchUp, .integer(Ranges.catchUp))
        limits.body = keys.optional("body", limits.body, .size(Ranges.body))
        keys.finish()
        return limits
    }

    /// The keys that say how the target is reached.
    private func connection(_ keys: inout MappingReader, _ load: inout LoadSettings) {
        load.transport = keys.optional(
            "transport", .automatic,
            .choice(["auto": .automatic, "direct": .direct, "curl": .curl]))
        load.http = keys.optional(
            "http", .http1, .choice(["1.1": .http1, "2": .http2, "auto": .automatic]))
        if let field = keys.field("tls") { load.tls = TLSReader(reader).settings(field) }
        load.proxy = keys.optional("proxy", .proxy)
        load.redirects = keys.optional(
            "redirects", load.redirects, .integer(Ranges.redirects))
        load.compression = keys.optional("compression", load.compression, .boolean)
        if let field = keys.field("unix") { load.unix = unixPath(field) }
    }

    private func unixPath(_ field: Field) -> String? {
        guard let path = reader.path(field) else { return nil }
        guard path.utf8.count <= Ranges.unixPathBytesMax else {
            diagnostics.report(
                at: field.node.start,
                "unix: \(quoted(path)) is longer than \(Ranges.unixPathBytesMax) bytes",
                hint: "the kernel takes no longer path for a socket")
            return nil
        }
        return path
    }

    private func expect(_ field: Field) -> StatusSet {
        guard var keys = MappingReader(field, diagnostics) else { return .success }
        defer { keys.finish() }
        guard let status = keys.required("status", example: "expect: {status: 200-299}") else {
            return .success
        }
        guard case .sequence = status.node.content else {
            return diagnostics.read(status, .status).map { StatusSet([$0]) } ?? .success
        }
        let items = diagnostics.items(of: status) ?? []
        if items.isEmpty {
            diagnostics.report(
                at: status.node.start, "status: an empty list would make every answer fail",
                hint: "examples: 200-299, [200, 204]")
        }
        return .joining(items.compactMap { diagnostics.read($0, .status) })
    }

    private func buckets(_ field: Field) -> [Nanoseconds] {
        let items = diagnostics.items(of: field) ?? []
        guard items.count <= Ranges.bucketCountMax else {
            diagnostics.report(
                at: field.position,
                "buckets: \(items.count) bounds, but only \(Ranges.bucketCountMax) fit",
                hint: "a histogram has 63, and 14 of them are the default ones")
            return []
        }
        var bounds: [Nanoseconds] = []
        for item in items {
            guard let bound = diagnostics.read(item, .bucket) else { continue }
            if bounds.contains(bound) {
                diagnostics.report(
                    at: item.position, "\(item.name): this bound is in the list already", hint: nil)
            }
            bounds.append(bound)
        }
        return bounds
    }
}
