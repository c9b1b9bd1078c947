import Config
import Transport

extension CurlOptions {
    /// What the curl transport needs of a load's settings.
    init(_ settings: LoadSettings) {
        let query =
            settings.proxy.flatMap(Endpoint.proxyQuery)
            ?? Resolver.Query(host: settings.target.host, port: settings.target.port)
        self.init(
            url: "\(settings.target.scheme.rawValue)://\(settings.target.authority)",
            resolvedHost: query.host, resolvedPort: query.port)
        switch settings.http {
        case .http1: version = .http1
        case .http2: version = .http2
        case .automatic: version = .automatic
        }
        proxy = settings.proxy
        redirects = settings.redirects
        compression = settings.compression
        unix = settings.unix
    }
}
