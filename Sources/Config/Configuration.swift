package import Schedule
package import Time

/// A validated configuration: every value in range, every reference resolvable, nothing left to
/// check.
package struct Configuration: Hashable, Sendable {
    package var server = ServerSettings()
    package var workers = WorkerCount.automatic
    package var loads: [LoadSettings] = []

    package init() {}
}

package struct ServerSettings: Hashable, Sendable {
    package var listen = ListenAddress(host: "0.0.0.0", port: 9_909)
    /// How long requests in flight may take to end after a stop.
    package var drain = Nanoseconds.seconds(1)
    /// How long `/metrics` waits after the drain for a last scrape.
    package var linger = Nanoseconds.zero

    package init() {}
}

package enum WorkerCount: Hashable, Sendable {
    /// As few threads as carry the loads.
    case automatic
    /// Exactly so many threads (1 to 64); every load is split over all of them.
    case exactly(Int)
}

/// One named stream of requests.
package struct LoadSettings: Hashable, Sendable {
    package var name: String
    package var target: Target
    package var rate: RateSetting
    package var arrivals = Arrivals.uniform
    /// Of Poisson arrivals; nil: from the name.
    package var seed: UInt64?
    package var pacing = PacingSetting.automatic
    package var limits = Limits()
    /// From the actual start to the last byte.
    package var timeout = Nanoseconds.seconds(2)
    /// How long to wait for the target's first accepted connection before running anyway.
    package var startup = Nanoseconds.seconds(60)
    package var transport = TransportSetting.automatic
    package var http = HTTPVersion.http1
    package var tls = TLSSettings()
    /// `http://`, `https://`, `socks5://` or `socks5h://` URL; nil connects directly.
    package var proxy: String?
    /// How many redirects of one request are followed; 0 follows none.
    package var redirects = 0
    /// Whether to ask for a compressed answer and to unpack it.
    package var compression = false
    /// Connects to this Unix socket instead of the target's address.
    package var unix: String?
    package var request = RequestSettings()
    package var expect = StatusSet.success
    /// Histogram bounds beside the default ones.
    package var buckets: [Nanoseconds] = []

    package init(name: String, target: Target, rate: RateSetting) {
        self.name = name
        self.target = target
        self.rate = rate
    }
}

/// `http://user@host:port/base`; a request's path is appended to `path`.
package struct Target: Hashable, Sendable {
    package enum Scheme: String, Hashable, Sendable { case http, https }

    package var scheme: Scheme
    /// A name or an IP literal, an IPv6 one without its brackets.
    package var host: String
    package var port: UInt16
    /// Empty or starting with `/`, without a trailing `/`.
    package var path: String

    package init(scheme: Scheme, host: String, port: UInt16, path: String = "") {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
    }

    /// What the `Host` header and a URL say: the port only where it is not the scheme's own.
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == .https ? 443 : 80) ? name : "\(name):\(port)"
    }
}

package enum RateSetting: Hashable, Sendable {
    /// Open loop: requests start when the schedule says.
    case open(Rate)
    /// Closed loop over `limits.connections`: each answer starts the next request.
    case max
}

package enum Arrivals: String, Hashable, Sendable { case uniform, poisson }

extension LoadSettings {
    /// The seed of Poisson arrivals, given or from the name.
    package var seedInUse: UInt64 { seed ?? LoadName.seed(name) }

    package var process: ArrivalProcess {
        arrivals == .uniform ? .uniform : .poisson(seed: seedInUse)
    }
}

package enum PacingSetting: Hashable, Sendable {
    case automatic, precise
    case grid(Nanoseconds)
}

package struct Limits: Hashable, Sendable {
    /// Open or opening sockets; 1 to 20 000.
    package var connections = 64
    /// Requests started and not ended; nil: connections for HTTP/1.1, connections x 100 for HTTP/2.
    package var inFlight: Int?
    /// TLS handshakes.
    package var connectRate = Rate(requests: 200, per: .seconds(1))!
    /// How long a due arrival may wait; zero drops at once what cannot start at once.
    package var late = Nanoseconds.seconds(1)
    /// How many times the load's rate a catch-up may reach; at least 1.
    package var catchUp = 4
    /// Bytes of an answer's body.
    package var body = 1 << 20

    package init() {}
}

package enum TransportSetting: String, Hashable, Sendable {
    case automatic = "auto"
    case direct, curl
}

package enum HTTPVersion: String, Hashable, Sendable {
    case http1 = "1.1"
    case http2 = "2"
    case automatic = "auto"
}

package struct TLSSettings: Hashable, Sendable {
    package var verify = true
    /// Paths of PEM files.
    package var ca: String?
    package var certificate: String?
    package var key: String?
    /// The name to verify and to send as SNI, where it is not the target's host.
    package var serverName: String?
    /// Whether new connections may resume an earlier session.
    package var resume = false

    package init() {}
}

package struct RequestSettings: Hashable, Sendable {
    package var method = "GET"
    /// Appended to the target's path; starts with `/` unless it is empty.
    package var path = Template("")
    /// In the order written; names as written.
    package var headers: [Header] = []
    package var body: Body?

    package init() {}

    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: Template

        package init(_ name: String, _ value: Template) {
            self.name = name
            self.value = value
        }
    }

    package enum Body: Hashable, Sendable {
        case inline(Template)
        /// Sent byte for byte, read again when it changes.
        case file(String)
    }
}

/// Text with references to secrets, which are filled in when a request is rendered and never shown.
package struct Template: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        case text(String)
        /// `${env:NAME}`
        case environment(String)
        /// `${file:PATH}`, without a line end that closes the file.
        case file(String)
    }

    package var parts: [Part]

    package init(parts: [Part]) { self.parts = parts }
    package init(_ text: String) { parts = text.isEmpty ? [] : [.text(text)] }
}

/// The status codes that make an answer `ok`.
package struct StatusSet: Hashable, Sendable {
    /// Ascending, not overlapping, within 100...599.
    package var ranges: [ClosedRange<UInt16>]

    package init(_ ranges: [ClosedRange<UInt16>]) { self.ranges = ranges }

    package static let success = StatusSet([200...299])

    package func contains(_ status: UInt16) -> Bool { ranges.contains { $0.contains(status) } }
}
