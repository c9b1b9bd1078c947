/// What only the curl transport can do.
package struct CurlOptions: Hashable, Sendable {
    package enum Version: Hashable, Sendable {
        case http1, http2, automatic
    }

    package var version = Version.http1
    /// `http://host:port`; the target's own address where it has one.
    package var url: String
    package var proxy: String?
    package var redirects = 0
    package var compression = false
    package var unix: String?
    /// Whose addresses `setPeers` gives: the target's, or the proxy's.
    package var resolvedHost: String
    package var resolvedPort: UInt16

    package init(url: String, resolvedHost: String, resolvedPort: UInt16) {
        self.url = url
        self.resolvedHost = resolvedHost
        self.resolvedPort = resolvedPort
    }

    /// Whether a connection may carry many requests at a time.
    func isMultiplexed(hasTLS: Bool) -> Bool {
        switch version {
        case .http1: false
        case .http2: true
        case .automatic: hasTLS
        }
    }
}
