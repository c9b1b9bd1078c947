import CCurl
import Glibc
package import Reactor
package import Time

/// HTTP by libcurl's multi interface: HTTP/2, proxies, redirects, compression, Unix sockets. One multi per load, so
/// that connections are counted and limited per load; handles are pooled and re-armed.
@safe package final class CurlTransport: HTTPTransport, CurlMultiOwner {
    let context: TransportContext
    let options: TransportOptions
    let curl: CurlOptions
    let load: UInt16
    let table: CurlTransferTable
    private var multi: CurlMulti!
    private var freeSlots: [Int32] = []
    private var ages: AgeList
    private(set) var request: HTTPRequest
    /// Raised when the request or the addresses change: handles are set up anew before their next use.
    private(set) var generation: UInt64 = 1
    private(set) var headers: HeaderList
    private(set) var steering: HeaderList?
    private(set) var url: CurlURL
    private(set) var peers: [SocketAddress] = []
    private var nextHandshake = Instant.distantPast
    private var failureText = ""

    /// Sockets that libcurl holds open.
    var sockets = SocketLedger()
    /// Those that lead to addresses which are no longer the target's.
    var strays: Set<Int32> = []

    /// A floor for libcurl's timer with HTTP/2, where trusting its callback alone has stalled streams.
    private static let streamFloor = Nanoseconds.milliseconds(1)
    /// Before 8.0, a request with prior knowledge fails on a connection that is already up (curl issue 10634): only the
    /// one that opens it may say so.
    private static let reusesPriorKnowledge =
        unsafe curl_version_info(CURLVERSION_FIRST).pointee.version_num >= 0x08_00_00
    /// Smaller bodies go out in one piece with their head (libcurl's MAX_INITIAL_POST_SIZE).
    static let bodyWithHeadMax = 64 * 1_024

    package init(
        _ options: TransportOptions, _ curl: CurlOptions, load: UInt16, request: HTTPRequest,
        context: TransportContext
    ) {
        self.options = options
        self.curl = curl
        self.load = load
        self.request = request
        self.context = context
        table = CurlTransferTable(capacity: options.inFlight)
        ages = AgeList(capacity: options.inFlight)
        headers = HeaderList(Self.headerLines(request))
        url = CurlURL(curl.url + request.path)
        multi = CurlMulti(
            loop: context.loop, closesOnIdleInput: options.tls != nil && curl.version == .http1,
            client: self)
        set(CURLMOPT_MAXCONNECTS, options.connections)
        set(CURLMOPT_MAX_TOTAL_CONNECTIONS, options.connections)
        set(CURLMOPT_MAX_CONCURRENT_STREAMS, 100)
    }

    private func set(_ option: CURLMoption, _ value: Int) {
        unsafe ballast_multi_setopt_long(multi.handle, option, value)
    }

    deinit {
        // While it is taken down, libcurl still calls back into this object.
        while let slot = ages.oldest {
            ages.remove(slot)
            unsafe multi.remove(table.easy(slot).handle)
        }
        var last = multi
        multi = nil
        last = nil
        _ = last
    }

    // MARK: Starting

    package func start(
        intended: Instant, now: Instant, mayOpen: Bool, receivesLate: Bool
    ) -> StartResult {
        guard ages.count < options.inFlight else {
            return .held(by: options.fullObstacle, until: .distantFuture)
        }
        let perConnection = curl.version == .http1 ? 1 : 100
        let opens = ages.count >= sockets.usable * perConnection
        if opens {
            guard sockets.usable < options.connections else {
                return .held(by: .connections, until: .distantFuture)
            }
            guard mayOpen else { return .wantsConnection }
            if options.tls != nil {
                guard nextHandshake <= now else {
                    return .held(by: .connectRate, until: nextHandshake)
                }
                nextHandshake = max(now, nextHandshake) + options.handshakeInterval
            }
        }
        let slot = freeSlots.popLast().map { Int($0) } ?? table.add()
        if table[slot].generation != generation { configure(slot) }
        let actual = Clock.now()
        begin(slot, intended, actual)
        guard !peers.isEmpty || curl.unix != nil else {
            finish(slot, .dns, at: actual, isInMulti: false)
            return .started(at: actual)
        }
        if curl.version == .http2, options.tls == nil {
            let saysIt = opens || Self.reusesPriorKnowledge
            let version = saysIt ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : CURL_HTTP_VERSION_2_0
            table.easy(slot).set(CURLOPT_HTTP_VERSION, Int(version))
        }
        unsafe multi.add(table.easy(slot).handle)
        multi.expire()
        return .started(at: actual)
    }

    private func begin(_ slot: Int, _ intended: Instant, _ actual: Instant) {
        var request = Completion()
        request.load = load
        request.intendedStart = intended
        request.actualStart = actual
        table[slot].begin(request)
        table[slot].deadline = actual + options.timeout
        unsafe table.errorText(slot)[0] = 0
        ages.append(slot)
    }

    // MARK: Ending

    func ended(_ easy: UnsafeMutableRawPointer, _ code: CURLcode) {
        let end = Clock.now()
        var slotPointer: UnsafeMutableRawPointer?
        unsafe ballast_getinfo_pointer(easy, CURLINFO_PRIVATE, &slotPointer)
        let slot = Int(bitPattern: slotPointer)
        guard table[slot].isActive else { return }
        finish(slot, outcome(slot, code), at: end, isInMulti: true)
    }

    private func outcome(_ slot: Int, _ code: CURLcode) -> Outcome {
        if code == CURLE_OK {
            return table[slot].request.status == 0 && !table[slot].hasAnswer ? .truncated : .ok
        }
        let isUp = table[slot].attempts > 0
        var errno = Int32(table.easy(slot).long(CURLINFO_OS_ERRNO))
        if code == CURLE_COULDNT_CONNECT, errno == 0 { errno = sockets.lastError }
        let receivedAny = table[slot].headBytes > 0
        var outcome = Outcome.ofCurl(code, errno: errno, isUp: isUp, receivedAny: receivedAny)
        if code == CURLE_RECV_ERROR, errno == 0, isMalformed(errorText(slot)) {
            outcome = .protocolError
        }
        if curl.proxy != nil, !isUp, code == CURLE_RECV_ERROR, errno == 0 { outcome = .unreachable }
        if table[slot].exceededBody { outcome = .bodyLimit }
        if table[slot].strayed { outcome = .redirect }
        if table[slot].wasStale || (isUp && failedToConnect(code)) {
            outcome = failedAgain(slot, outcome)
        }
        table[slot].request.detail = .curl(code: code.rawValue)
        return outcome
    }

    /// libcurl 7.88 has one code for a connection that ended and for an answer that nobody can read.
    private func isMalformed(_ text: String) -> Bool {
        text.hasSuffix("chunked-encoding") || text.hasPrefix("Too large response headers")
    }

    /// A request had gone out, and libcurl went on by itself: to follow a redirect, which makes the answered request
    /// a hop of its own, or to repeat a request whose connection was reset, which is how that one ended.
    private func failedAgain(_ slot: Int, _ outcome: Outcome) -> Outcome {
        guard table[slot].hasAnswer else { return .reset }
        table[slot].hop(at: Clock.now())
        return outcome
    }

    private func failedToConnect(_ code: CURLcode) -> Bool {
        [CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CONNECT_ERROR].contains(code)
    }

    private func finish(_ slot: Int, _ outcome: Outcome, at end: Instant, isInMulti: Bool) {
        let easy = table.easy(slot)
        for hop in table[slot].hops { context.completions.append(hop) }
        table[slot].hops.removeAll(keepingCapacity: true)
        table[slot].isActive = false
        table[slot].request.outcome = outcome
        table[slot].request.end = end
        ages.remove(slot)
        if isInMulti {
            collect(slot, easy)
            unsafe multi.remove(easy.handle)
            if table[slot].attempts == 0 { for socket in sockets.removeGone() { forget(socket) } }
            if !strays.isEmpty { drainStrays() }
        }
        if outcome != .ok {
            let text = errorText(slot)
            failureText = text.isEmpty ? outcome.name : text
        }
        freeSlots.append(Int32(slot))
        context.completions.append(table[slot].request)
    }

    private func errorText(_ slot: Int) -> String {
        unsafe String(cString: table.errorText(slot))
    }

    /// What libcurl knows of an ended transfer. On a failure its connect times are zero.
    private func collect(_ slot: Int, _ easy: CurlEasy) {
        table[slot].request.opened =
            easy.long(CURLINFO_NUM_CONNECTS) > 0 || table[slot].attempts == 0
        if table[slot].hasAnswer {
            table[slot].request.status = UInt16(clamping: easy.long(CURLINFO_RESPONSE_CODE))
        }
        if table[slot].request.opened {
            let connect = easy.time(CURLINFO_CONNECT_TIME_T)
            let tls = easy.time(CURLINFO_APPCONNECT_TIME_T)
            table[slot].request.connectTime = connect
            table[slot].request.tlsTime = tls > connect ? tls - connect : .zero
        }
        // A body that went out along with the head is in both counts.
        table[slot].request.bytesSent =
            easy.long(CURLINFO_REQUEST_SIZE)
            + (table[slot].sendsBodyApart ? easy.offset(CURLINFO_SIZE_UPLOAD_T) : 0)
        table[slot].request.bytesReceived =
            table[slot].headBytes + easy.offset(CURLINFO_SIZE_DOWNLOAD_T)
    }

    func idleEnded(_ socket: Int32) { sockets.markEnded(socket) }

    // MARK: Deadlines

    package var nextDeadline: Instant {
        let oldest = ages.oldest.map { table[$0].deadline }
        return min(oldest ?? .distantFuture, multi.nextDeadline, floor)
    }

    private var floor: Instant {
        curl.version == .http1 || ages.count == 0 ? .distantFuture : lastDriven + Self.streamFloor
    }

    private var lastDriven = Instant.distantPast

    package func expire(now: Instant) {
        if multi.nextDeadline <= now || floor <= now {
            multi.expire()
            lastDriven = now
        }
        while let slot = ages.oldest, table[slot].deadline <= now {
            let isUp = table[slot].attempts > 0
            finish(slot, isUp ? .timeout : .connectTimeout, at: now, isInMulti: true)
        }
    }

    package func cancelAll(now: Instant) {
        while let slot = ages.oldest { finish(slot, .canceled, at: now, isInMulti: true) }
    }

    // MARK: Changes from outside, and what is shown

    package func setRequest(_ request: HTTPRequest) {
        self.request = request
        headers = HeaderList(Self.headerLines(request))
        url = CurlURL(curl.url + request.path)
        generation += 1
    }

    package func setPeers(_ peers: [SocketAddress]) {
        guard peers != self.peers else { return }
        self.peers = peers
        let isLiteral = SocketAddress(ip: curl.resolvedHost, port: curl.resolvedPort) != nil
        if !isLiteral, !peers.isEmpty, curl.unix == nil {
            let addresses = peers.map { $0.family == AF_INET6 ? "[\($0.host)]" : $0.host }
            let entry =
                "\(curl.resolvedHost):\(curl.resolvedPort):" + addresses.joined(separator: ",")
            steering = HeaderList([entry])
        }
        generation += 1
        if !isLiteral, curl.unix == nil {
            strays = sockets.strays(from: peers)
            drainStrays()
        }
    }

    /// Shuts the idle ones down: libcurl will find them dead, and close them.
    private func drainStrays() {
        for socket in strays where multi.isIdle(socket) { _ = shutdown(socket, Int32(SHUT_RDWR)) }
    }

    package var connections: ConnectionCounts {
        var counts = ConnectionCounts()
        counts.active = min(sockets.usable, ages.count)
        counts.idle = sockets.usable - counts.active
        return counts
    }

    /// libcurl lets go of a socket.
    func forget(_ socket: Int32) { multi?.forget(socket) }

    package func describe(_ completion: Completion) -> String {
        "\(completion.outcome.name): \(failureText)"
    }
}
