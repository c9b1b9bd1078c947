import Schedule
import Time

extension Configuration {
    /// The configuration with every default filled in, as YAML that can be read again. References
    /// stay references, and what may be a secret is `****`: literal values of headers whose names
    /// say so, and a proxy's user.
    package var maskedYAML: String {
        var text = YAMLWriter()
        text.mapping("server") { server in
            let host = self.server.host
            let address = host.contains(":") ? "[\(host)]" : host
            server.text("listen", "\(address):\(self.server.port)")
            server.plain("drain", DurationText.exact(self.server.drain))
            server.plain("linger", DurationText.exact(self.server.linger))
        }
        switch workers {
        case .automatic: text.plain("workers", "auto")
        case .exactly(let count): text.plain("workers", "\(count)")
        }
        text.list("loads", loads) { item, load in load.writeMasked(&item) }
        return text.text
    }
}

extension LoadSettings {
    fileprivate func writeMasked(_ yaml: inout YAMLWriter) {
        yaml.text("name", name)
        yaml.text("target", target.url)
        writeStream(&yaml)
        yaml.mapping("limits", limits.writeMasked)
        yaml.plain("timeout", DurationText.exact(timeout))
        yaml.plain("startup", DurationText.exact(startup))
        yaml.plain("transport", transport.rawValue)
        yaml.text("http", http.rawValue)
        if target.scheme == .https { yaml.mapping("tls", tls.writeMasked) }
        if let proxy { yaml.text("proxy", Masking.proxy(proxy)) }
        yaml.plain("redirects", "\(redirects)")
        yaml.plain("compression", "\(compression)")
        if let unix { yaml.text("unix", unix) }
        yaml.mapping("request", request.writeMasked)
        yaml.mapping("expect") { expect in
            let ranges = self.expect.ranges.map(StatusText.exact)
            expect.plain("status", "[\(ranges.joined(separator: ", "))]")
        }
        yaml.plain("buckets", "[\(buckets.map(DurationText.exact).joined(separator: ", "))]")
    }

    /// A closed loop has neither arrivals nor pacing.
    private func writeStream(_ yaml: inout YAMLWriter) {
        guard case .open(let rate) = rate else { return yaml.plain("rate", "max") }
        yaml.plain("rate", RateText.exact(rate))
        switch arrivals {
        case .uniform: yaml.plain("arrivals", "uniform")
        case .poisson(let seed): yaml.plain("arrivals", "{poisson: {seed: \(seed)}}")
        }
        switch pacing {
        case .automatic: yaml.plain("pacing", "auto")
        case .precise: yaml.plain("pacing", "precise")
        case .grid(let step): yaml.plain("pacing", "grid \(DurationText.exact(step))")
        }
    }
}

extension Limits {
    fileprivate func writeMasked(_ yaml: inout YAMLWriter) {
        yaml.plain("connections", "\(connections)")
        yaml.plain("in_flight", inFlight.map { "\($0)" } ?? "auto")
        yaml.plain("connect_rate", RateText.exact(connectRate))
        yaml.plain("late", DurationText.exact(late))
        yaml.plain("catch_up", "\(catchUp)")
        yaml.plain("body", SizeText.exact(body))
    }
}

extension TLSSettings {
    fileprivate func writeMasked(_ yaml: inout YAMLWriter) {
        yaml.plain("verify", "\(verify)")
        if let ca { yaml.text("ca", ca) }
        if let certificate { yaml.text("cert", certificate) }
        if let key { yaml.text("key", key) }
        if let serverName { yaml.text("server_name", serverName) }
        yaml.plain("resume", "\(resume)")
    }
}

extension RequestSettings {
    fileprivate func writeMasked(_ yaml: inout YAMLWriter) {
        yaml.text("method", method)
        if !path.parts.isEmpty { yaml.text("path", TemplateText.source(path)) }
        if !headers.isEmpty {
            yaml.mapping("headers") { yaml in
                for header in headers {
                    yaml.text(header.name, TemplateText.source(Masking.value(of: header)))
                }
            }
        }
        switch body {
        case .inline(let template): yaml.text("body", TemplateText.source(template))
        case .file(let path): yaml.text("body_file", path)
        case nil: break
        }
    }
}

/// What is hidden on pages that anybody may open.
package enum Masking {
    static let mask = "****"

    private static let secretNames = [
        "authorization", "proxy-authorization", "cookie", "x-api-key",
    ]
    private static let secretWords = ["token", "secret", "password", "key"]
    private static let schemes = ["Bearer ", "Basic ", "Digest ", "Token "]

    package static func isSecret(_ headerName: String) -> Bool {
        let name = headerName.lowercased()
        return secretNames.contains(name) || secretWords.contains { name.contains($0) }
    }

    /// A secret header's literal text is hidden but for the name of its scheme; references stay
    /// readable.
    package static func value(of header: RequestSettings.Header) -> Template {
        guard isSecret(header.name) else { return header.value }
        let parts = header.value.parts.enumerated().map { index, part -> Template.Part in
            guard case .text(let text) = part else { return part }
            let scheme = index == 0 ? schemes.first { text.hasPrefix($0) } ?? "" : ""
            return .text(text == scheme ? text : scheme + mask)
        }
        return Template(parts: parts)
    }

    package static func proxy(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@"), let mark = url.firstRange(of: "://") else {
            return url
        }
        return url[..<mark.upperBound] + mask + url[at...]
    }
}
