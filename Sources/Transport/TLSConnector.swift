import CCurl
import Glibc
import Reactor
import Time

/// Opens TLS connections for the direct transport: libcurl resolves, connects and shakes hands without blocking
/// (`CONNECT_ONLY` in a multi), and hands over a channel for our own HTTP. The handle stays in the multi for the
/// connection's life, because taking it out closes the socket.
@safe final class TLSConnector: CurlMultiOwner {
    /// Loads that agree on this share a connector.
    struct Trust: Hashable {
        let verify: Bool
        let ca: String?
        let certificate: String?
        let key: String?
        let resume: Bool

        init(_ options: TLSOptions) {
            verify = options.verify
            ca = options.ca
            certificate = options.certificate
            key = options.key
            resume = options.resume
        }
    }

    enum Result {
        case connected(TLSChannel, descriptor: Int32, connect: Nanoseconds, tls: Nanoseconds)
        case failed(Outcome, FailureDetail, text: String)
    }

    private struct Pending {
        unowned let transport: DirectTransport
        let slot: Int
        let channel: TLSChannel
    }

    private lazy var multi = CurlMulti(loop: loop, client: self)
    private let loop: EventLoop
    private var pending: [UnsafeMutableRawPointer: Pending] = unsafe [:]
    private let sessions: UnsafeMutableRawPointer?
    private let errorText: UnsafeMutablePointer<CChar>
    private var sockets = SocketLedger()
    private var certificates: CertificateAge

    init(_ trust: Trust, loop: EventLoop) {
        // OpenSSL writes to sockets without MSG_NOSIGNAL.
        _ = signal(SIGPIPE, SIG_IGN)
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        certificates = CertificateAge(path: trust.ca ?? CertificateBundle.path)
        unsafe sessions = trust.resume ? Self.sessionShare() : nil
        self.loop = loop
        unsafe ballast_multi_setopt_long(multi.handle, CURLMOPT_MAXCONNECTS, 100_000)
    }

    deinit {
        multi.close()
        if let sessions = unsafe sessions { unsafe curl_share_cleanup(sessions) }
        unsafe errorText.deallocate()
    }

    /// Session resumption needs a share in 7.88: CONNECT_ONLY handles do not use the multi's.
    private static func sessionShare() -> UnsafeMutableRawPointer? {
        guard let share = unsafe curl_share_init() else { return nil }
        unsafe ballast_share_setopt_long(
            share, CURLSHOPT_SHARE, Int(CURL_LOCK_DATA_SSL_SESSION.rawValue))
        return unsafe share
    }

    var nextDeadline: Instant { multi.nextDeadline }

    func expire() { multi.expire() }

    /// Starts a handshake; the transport hears of its end through `handshakeEnded`.
    func connect(
        to peer: SocketAddress, _ options: TLSOptions, for transport: DirectTransport, slot: Int
    ) {
        let easy = CurlEasy()
        easy.prepare(tls: options)
        let name = options.serverName
        let host = name.contains(":") ? "[\(name)]" : name
        easy.set(CURLOPT_URL, "https://\(host):\(peer.port)/")
        let address = peer.family == AF_INET6 ? "[\(peer.host)]" : peer.host
        let steering = unsafe "::\(address):\(peer.port)".withCString {
            unsafe curl_slist_append(nil, $0)
        }
        unsafe easy.set(CURLOPT_CONNECT_TO, pointer: steering)
        easy.set(CURLOPT_CONNECT_ONLY, 1)
        easy.set(CURLOPT_CA_CACHE_TIMEOUT, certificates.secondsMax(now: Clock.now()))
        easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, 600_000)  // the load's own timeout strikes first
        unsafe easy.set(CURLOPT_ERRORBUFFER, pointer: errorText)
        unsafe easy.set(CURLOPT_SHARE, pointer: sessions)
        watchSockets(of: easy)
        unsafe errorText[0] = 0
        let channel = unsafe TLSChannel(
            easy.handle, steering: steering, errorText: errorText)
        unsafe pending[easy.handle] = Pending(transport: transport, slot: slot, channel: channel)
        transport.handshakeBegan(slot, channel)
        unsafe multi.add(easy.handle)
        multi.expire()
    }

    /// A closed socket's number soon means another one: what is known of it must go before.
    private func watchSockets(of easy: CurlEasy) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe easy.set(CURLOPT_OPENSOCKETDATA, pointer: context)
        unsafe ballast_setopt_open_socket(easy.handle) { context, _, address in
            let connector = unsafe Unmanaged<TLSConnector>.fromOpaque(context!)
            return unsafe connector._withUnsafeGuaranteedRef {
                let number = unsafe $0.sockets.open(address!, peer: 0).number
                $0.multi.forget(number)
                return number
            }
        }
        unsafe easy.set(CURLOPT_CLOSESOCKETDATA, pointer: context)
        unsafe ballast_setopt_close_socket(easy.handle) { context, socket in
            let connector = unsafe Unmanaged<TLSConnector>.fromOpaque(context!)
            unsafe connector._withUnsafeGuaranteedRef {
                $0.multi.forget(socket)
                _ = $0.sockets.close(socket)
            }
            return 0
        }
    }

    func ended(_ easy: UnsafeMutableRawPointer, _ code: CURLcode) {
        guard let entry = unsafe pending.removeValue(forKey: easy) else { return }
        entry.transport.handshakeEnded(
            entry.slot, unsafe result(CurlEasy(easy), code, entry.channel))
        if code != CURLE_OK { forgetGone() }
    }

    func failedToWatch(_ easy: UnsafeMutableRawPointer, errno: Int32) {
        guard let entry = unsafe pending.removeValue(forKey: easy) else { return }
        entry.transport.handshakeEnded(
            entry.slot,
            .failed(.local, .system(errno: errno), text: SystemError.text(of: errno)))
    }

    /// Never: connected sockets are the transport's.
    func idleEnded(_ socket: Int32) {}

    private func forgetGone() { for socket in sockets.removeGone() { multi.forget(socket) } }

    private func result(_ easy: CurlEasy, _ code: CURLcode, _ channel: TLSChannel) -> Result {
        var socket: curl_socket_t = -1
        if code == CURLE_OK { unsafe ballast_getinfo_socket(easy.handle, &socket) }
        guard code == CURLE_OK, socket >= 0 else {
            var errno = Int32(easy.long(CURLINFO_OS_ERRNO))
            if errno == 0, code == CURLE_COULDNT_CONNECT { errno = sockets.lastError }
            let outcome = Outcome.ofCurl(code, errno: errno, isUp: false, receivedAny: false)
            let text = unsafe String(cString: errorText)
            return .failed(
                outcome, .curl(code: code.rawValue),
                text: text.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : text)
        }
        multi.forget(socket)
        let connect = easy.time(CURLINFO_CONNECT_TIME_T)
        let tls = easy.time(CURLINFO_APPCONNECT_TIME_T) - connect
        return .connected(channel, descriptor: socket, connect: connect, tls: tls)
    }

    /// Closes a channel, whether its handshake is over or not.
    func close(_ channel: TLSChannel) {
        let wasPending = unsafe pending.removeValue(forKey: channel.easy) != nil
        unsafe multi.remove(channel.easy)
        if wasPending { forgetGone() }
        unsafe curl_easy_cleanup(channel.easy)
        unsafe curl_slist_free_all(channel.steering)
    }
}
