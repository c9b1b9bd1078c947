import CCurl
import Glibc
import Reactor
package import Time

/// HTTP by libcurl's multi interface: HTTP/2, proxies, redirects, compression, Unix sockets. One multi per load, so
/// that connections are counted and limited per load; handles are pooled and re-armed.
@safe package final class CurlTransport: HTTPTransport, CurlMultiOwner {
    let context: TransportContext
    let options: TransportOptions
    let curl: CurlOptions
    let load: UInt16
    let table: CurlTransferTable
    let isMultiplexed: Bool
    /// Whether input that nobody asked for ends a connection: libcurl would take it for the next answer. With HTTP/2
    /// such input is usual.
    let endsOnIdleInput: Bool
    private(set) lazy var multi = CurlMulti(
        loop: context.loop, endsOnIdleInput: endsOnIdleInput, client: self)
    private var freeSlots: [Int32] = []
    var ages: AgeList
    var request: RenderedRequest
    /// Raised when the request changes: handles are set up anew before their next use.
    var generation: UInt64 = 1
    var headers: HeaderList
    var url: CurlURL
    private var certificates: CertificateAge?
    private var nextHandshake = Instant.distantPast
    var failureText = ""

    /// Sockets that libcurl holds open.
    var sockets = SocketLedger()
    var peers: CurlPeers
    /// When libcurl's timer was last looked at.
    var lastDriven = Instant.distantPast

    /// A floor for libcurl's timer with HTTP/2, where trusting its callback alone has stalled streams.
    static let streamFloor = Nanoseconds.milliseconds(1)
    private static let streamsPerConnection = 100
    /// Before 8.0, a request with prior knowledge fails on a connection that is already up (curl issue 10634): only the
    /// one that opens it may say so.
    private static let reusesPriorKnowledge =
        unsafe curl_version_info(CURLVERSION_FIRST).pointee.version_num >= 0x08_00_00
    /// Smaller bodies go out in one piece with their head (libcurl's MAX_INITIAL_POST_SIZE).
    static let bodyWithHeadMax = 64 * 1_024

    package init(
        _ options: TransportOptions, _ curl: CurlOptions, load: UInt16, request: RenderedRequest,
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
        let isMultiplexed = curl.isMultiplexed(hasTLS: options.tls != nil)
        self.isMultiplexed = isMultiplexed
        endsOnIdleInput = curl.version == .http1
        peers = CurlPeers(
            connections: options.connections,
            perConnection: isMultiplexed ? Self.streamsPerConnection : 1)
        certificates = options.tls.map { CertificateAge(of: $0) }
        set(CURLMOPT_MAXCONNECTS, options.connections)
        set(CURLMOPT_MAX_TOTAL_CONNECTIONS, options.connections)
        set(CURLMOPT_MAX_CONCURRENT_STREAMS, Self.streamsPerConnection)
        if curl.unix != nil { replacePeers([nil]) }
    }

    private func set(_ option: CURLMoption, _ value: Int) {
        unsafe ballast_multi_setopt_long(multi.handle, option, value)
    }

    deinit {
        while let slot = ages.oldest {
            ages.remove(slot)
            unsafe multi.remove(table.easy(slot).handle)
        }
        multi.close()
    }

    // MARK: Starting

    package func start(
        intended: Instant, now: Instant, mayOpen: Bool, receivesLate: Bool
    ) -> StartResult {
        guard ages.count < options.inFlight else {
            return .held(by: options.fullObstacle, until: .distantFuture)
        }
        guard !peers.list.isEmpty else {
            let slot = begin(intended, peer: -1)
            table[slot].request.opened = true
            finish(slot, .dns, at: table[slot].actualStart, isInMulti: false)
            return .started(at: table[slot].actualStart)
        }
        let mayOpenYet = options.tls == nil || nextHandshake <= now
        let choice = peers.next(open: sockets.usable, mayOpen: mayOpen, mayOpenYet: mayOpenYet)
        switch choice {
        case .use(let peer): return start(intended, peer, opens: false)
        case .replace(let peer, let giving):
            guard endIdle(to: Int32(giving)) else {
                return .held(by: .connections, until: .distantFuture)
            }
            return start(intended, peer, opens: true)
        case .open(let peer): return start(intended, peer, opens: true)
        case .collectFirst: return .wantsConnection
        case .full: return .held(by: .connections, until: .distantFuture)
        case .tooEarly: return .held(by: .connectRate, until: nextHandshake)
        }
    }

    private func start(_ intended: Instant, _ peer: Int, opens: Bool) -> StartResult {
        let slot = begin(intended, peer: Int32(peer))
        if table[slot].generation != generation { configure(slot) }
        steer(slot, to: peer)
        let actual = table[slot].actualStart
        if opens, options.tls != nil {
            nextHandshake = max(nextHandshake, actual) + options.handshakeInterval
            let age = certificates?.secondsMax(now: actual) ?? -1
            table.easy(slot).set(CURLOPT_CA_CACHE_TIMEOUT, age)
        }
        sayPriorKnowledge(slot, opens: opens)
        unsafe multi.add(table.easy(slot).handle)
        multi.expire()
        return .started(at: actual)
    }

    private func sayPriorKnowledge(_ slot: Int, opens: Bool) {
        guard curl.version == .http2, options.tls == nil else { return }
        let saysIt = opens || Self.reusesPriorKnowledge
        let version = saysIt ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : CURL_HTTP_VERSION_2_0
        table.easy(slot).set(CURLOPT_HTTP_VERSION, Int(version))
    }

    private func begin(_ intended: Instant, peer: Int32) -> Int {
        let slot = freeSlots.popLast().map { Int($0) } ?? table.add()
        let actual = Clock.now()
        table[slot].begin(attempt(intended, actual))
        table[slot].isActive = true
        table[slot].intendedStart = intended
        table[slot].actualStart = actual
        table[slot].hops = 0
        table[slot].peer = peer
        table[slot].deadline = actual + options.timeout
        unsafe table.errorText(slot)[0] = 0
        ages.append(slot)
        peers.began(peer)
        return slot
    }

    private func attempt(_ intended: Instant, _ actual: Instant) -> Exchange {
        var request = Exchange()
        request.load = load
        request.intendedStart = intended
        request.actualStart = actual
        return request
    }

    // MARK: Ending

    func ended(_ easy: UnsafeMutableRawPointer, _ code: CURLcode) {
        let end = Clock.now()
        let slot = unsafe slotNumber(of: easy)
        guard table[slot].isActive else { return }
        if table[slot].wasUnclean { return startAgain(slot) }
        let outcome = outcome(slot, code)
        if end > table[slot].deadline, let socket = lateSocket(slot) {
            finish(slot, .timeout, at: end, isInMulti: true)
            if multi.isIdle(socket) { multi.endIdle(socket) }
            return
        }
        if outcome == .ok, let location = location(slot) {
            guard table[slot].hops < curl.redirects,
                let next = table[slot].url?.following(location)
            else { return finish(slot, .redirect, at: end, isInMulti: true) }
            return hop(slot, to: next, at: end)
        }
        finish(slot, outcome, at: end, isInMulti: true)
    }

    func slotNumber(of easy: UnsafeMutableRawPointer) -> Int {
        var slot: UnsafeMutableRawPointer?
        unsafe ballast_getinfo_pointer(easy, CURLINFO_PRIVATE, &slot)
        return Int(bitPattern: slot)
    }

    /// Nothing went out: the same attempt takes another connection.
    private func startAgain(_ slot: Int) {
        let request = table[slot].request
        table[slot].begin(attempt(request.intendedStart, request.actualStart))
        unsafe multi.restart(table.easy(slot).handle)
    }

    /// The present attempt was a redirect, and the request that follows it begins now.
    private func hop(_ slot: Int, to url: CurlURL, at end: Instant) {
        collect(slot, table.easy(slot))
        var request = table[slot].request
        request.isHop = true
        request.end = end
        context.completions.append(request)
        table[slot].hops += 1
        table[slot].begin(attempt(end, end))
        redirect(slot, to: url, status: request.status)
        let peer = table[slot].peer
        sayPriorKnowledge(slot, opens: peer >= 0 && peers.list[Int(peer)].sockets == 0)
        unsafe multi.restart(table.easy(slot).handle)
    }

    /// Ends an arrival: its last attempt is reported with the times of the whole chain.
    func finish(_ slot: Int, _ outcome: Outcome, at end: Instant, isInMulti: Bool) {
        let easy = table.easy(slot)
        table[slot].isActive = false
        table[slot].request.outcome = outcome
        table[slot].request.end = end
        table[slot].request.intendedStart = table[slot].intendedStart
        table[slot].request.actualStart = table[slot].actualStart
        ages.remove(slot)
        peers.ended(table[slot].peer)
        if isInMulti {
            collect(slot, easy)
            unsafe multi.remove(easy.handle)
            strikeIfGone(table[slot].socket)
            if sockets.strays > 0 { endIdleStrays() }
        }
        if outcome != .ok {
            let text = errorText(slot)
            if !text.isEmpty {
                failureText = text
            } else if outcome != .local {
                failureText = outcome.name
            }
        }
        if easy.long(CURLINFO_OS_ERRNO) != 0 { table.renew(slot) }
        freeSlots.append(Int32(slot))
        context.completions.append(table[slot].request)
    }

    /// libcurl 7.88 closes a socket that never became a connection behind our back.
    private func strikeIfGone(_ number: Int32) {
        guard number >= 0, sockets.isGone(number) else { return }
        forget(number)
        if let peer = sockets.strike(number) { peers.closed(peer) }
    }
}
