import Config
import Reactor
import Time
import Transport

/// What a load's connections are opened to: the target, or what stands in front of it.
enum Endpoint: Hashable {
    case name(Resolver.Query)
    case addresses([SocketAddress])

    init(_ settings: LoadSettings) {
        if let path = settings.unix {
            self = .addresses(SocketAddress(unixPath: path).map { [$0] } ?? [])
            return
        }
        let query =
            settings.proxy.flatMap(Self.proxyQuery)
            ?? Resolver.Query(host: settings.target.host, port: settings.target.port)
        if let literal = SocketAddress(ip: query.host, port: query.port) {
            self = .addresses([literal])
        } else {
            self = .name(query)
        }
    }

    /// Host and port of `scheme://[user@]host[:port]`. Without a port it is libcurl's own, so that what is looked up is
    /// what is connected to.
    static func proxyQuery(_ url: String) -> Resolver.Query? {
        guard let separator = url.range(of: "://") else { return nil }
        let scheme = url[..<separator.lowerBound]
        var rest = url[separator.upperBound...].prefix { $0 != "/" }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        let standard: UInt16 = scheme == "https" ? 443 : 1_080
        var (host, port) = (rest, standard)
        if let colon = rest.lastIndex(of: ":"), rest.last != "]" {
            host = rest[..<colon]
            port = UInt16(rest[rest.index(after: colon)...]) ?? standard
        }
        if host.first == "[" { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : Resolver.Query(host: String(host), port: port)
    }
}

extension StringProtocol {
    /// The first place of `text`; the standard library's own needs Foundation or a regex.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) {
                return start..<index(start, offsetBy: text.count)
            }
            start = index(after: start)
        }
        return nil
    }
}

/// Keeps the addresses of all loads that name a host: asks the resolver thread, hands its answers on.
final class AddressDirectory: EventHandler {
    private let answers: Mailbox<Resolver.Answer>
    private let loads: [Resolver.Query: [LoadControl]]
    private let onAnswer: (LoadControl, Resolver.Answer) -> Void
    private var resolver: Resolver?

    init(
        _ controls: [LoadControl], loop: EventLoop,
        onAnswer: @escaping (LoadControl, Resolver.Answer) -> Void
    ) throws(SystemError) {
        self.onAnswer = onAnswer
        answers = try Mailbox()
        var loads: [Resolver.Query: [LoadControl]] = [:]
        for control in controls {
            if case .name(let query) = control.endpoint {
                loads[query, default: []].append(control)
            }
        }
        self.loads = loads
        guard !loads.isEmpty else { return }
        let owner = loop.attach(self)
        try loop.register(answers.descriptor, .input, owner: owner, key: EventKey(index: 0))
        resolver = try Resolver(Array(loads.keys), answers: answers)
    }

    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        for answer in answers.drain() {
            for control in loads[answer.query] ?? [] { onAnswer(control, answer) }
        }
    }
}

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
