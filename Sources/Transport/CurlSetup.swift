import CCurl
import Glibc
import Reactor
import Time

/// What libcurl is told before it sends.
extension CurlTransport {
    /// The headers as libcurl wants them, less those that it says itself: it looks through the list many times per
    /// request. Its own `Expect` and `Content-Type` are switched off.
    static func headerLines(_ request: RenderedRequest) -> [String] {
        let custom = request.headers.filter { header in
            switch header.name {
            case "Host": header.value != request.authority
            case "Accept": header.value != "*/*"
            default: true
            }
        }
        var lines = custom.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        guard !request.body.isEmpty || request.method == "POST" else { return lines }
        for name in ["Expect", "Content-Type"]
        where !request.headers.contains(where: { $0.name.lowercased() == name.lowercased() }) {
            lines.append("\(name):")
        }
        return lines
    }

    /// Sets a handle up for the present request; it stays so for all its uses.
    func configure(_ slot: Int) {
        let easy = table.easy(slot)
        unsafe curl_easy_reset(easy.handle)
        easy.prepare(tls: options.tls)
        unsafe easy.set(CURLOPT_CURLU, pointer: UnsafeRawPointer(url.handle))
        easy.set(CURLOPT_PATH_AS_IS, 1)
        setMethod(easy, request)
        unsafe easy.set(CURLOPT_HTTPHEADER, pointer: headers.first)
        unsafe easy.set(CURLOPT_PRIVATE, pointer: UnsafeRawPointer(bitPattern: slot))
        unsafe easy.set(CURLOPT_ERRORBUFFER, pointer: table.errorText(slot))
        easy.set(CURLOPT_TIMEOUT_MS, 0)
        // The load's own timeout strikes first; libcurl's default of 300 s costs no timer of its own.
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, options.timeout < .seconds(290) ? 0 : 1_000_000)
        if curl.proxy == nil { easy.set(CURLOPT_NOPROXY, "*") }
        easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)  // they are not the target's answer
        easy.set(CURLOPT_UNIX_SOCKET_PATH, curl.unix)
        if curl.compression { easy.set(CURLOPT_ACCEPT_ENCODING, "") }
        switch curl.version {
        case .http1: easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        case .http2: easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2_0))
        case .automatic: easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        }
        if isMultiplexed { easy.set(CURLOPT_PIPEWAIT, 1) }
        unsafe CurlCallbacks.install(on: easy, transfer: table.pointer(slot), transport: self)
        table[slot].headers = headers
        table[slot].steering = nil
        table[slot].url = url
        table[slot].sendsBodyApart = request.body.count >= Self.bodyWithHeadMax
        table[slot].bodyMax = options.bodyMax
        table[slot].isMultiplexed = isMultiplexed
        unsafe table[slot].owner = Unmanaged.passUnretained(self)
        table[slot].generation = generation
    }

    /// Leads a handle to one address and no other.
    func steer(_ slot: Int, to peer: Int) {
        let steering = peers.list[peer].steering
        guard table[slot].steering !== steering else { return }
        let easy = table.easy(slot)
        unsafe easy.set(CURLOPT_CONNECT_TO, pointer: steering.connectTo?.first)
        unsafe easy.set(CURLOPT_RESOLVE, pointer: steering.resolve?.first)
        easy.set(CURLOPT_PROXY, steering.proxy ?? "")
        table[slot].steering = steering
    }

    /// Sets a handle up for the request that a followed redirect asks for.
    func redirect(_ slot: Int, to url: CurlURL, status: UInt16) {
        let easy = table.easy(slot)
        unsafe easy.set(CURLOPT_CURLU, pointer: UnsafeRawPointer(url.handle))
        table[slot].url = url
        // It is not the load's own request any more.
        table[slot].generation = 0
        let becomesGET =
            status == 303 ? !request.isHEAD : status <= 302 && request.method == "POST"
        guard becomesGET else { return }
        let headers = request.headers.filter { !$0.name.lowercased().hasPrefix("content-") }
        let next = RenderedRequest(
            method: "GET", path: request.path, authority: request.authority, userAgent: "",
            headers: headers, body: [])
        easy.set(CURLOPT_CUSTOMREQUEST, nil)
        easy.set(CURLOPT_HTTPGET, 1)
        let list = HeaderList(Self.headerLines(next))
        unsafe easy.set(CURLOPT_HTTPHEADER, pointer: list.first)
        table[slot].headers = list
        table[slot].sendsBodyApart = false
    }

    private func setMethod(_ easy: CurlEasy, _ request: RenderedRequest) {
        switch request.method {
        case "GET" where request.body.isEmpty: easy.set(CURLOPT_HTTPGET, 1)
        case "HEAD" where request.body.isEmpty: easy.set(CURLOPT_NOBODY, 1)
        default:
            let wantsLength = ["POST", "PUT", "PATCH"].contains(request.method)
            if !request.body.isEmpty || wantsLength {
                easy.set(CURLOPT_POSTFIELDSIZE, request.body.count)
                unsafe request.body.withUnsafeBytes {
                    // Copied: the next request's body may replace this one's at any time.
                    unsafe easy.set(CURLOPT_COPYPOSTFIELDS, pointer: $0.baseAddress ?? Self.nothing)
                }
            }
            easy.set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private static var nothing: UnsafeRawPointer {
        unsafe UnsafeRawPointer(StaticString("").utf8Start)
    }
}

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
