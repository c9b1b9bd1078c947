import CCurl
import Glibc
import Reactor
import Time

/// Whoever has transfers in a `CurlMulti`.
protocol CurlMultiOwner: AnyObject {
    /// A transfer ended; its handle is still in the multi.
    func ended(_ easy: UnsafeMutableRawPointer, _ code: CURLcode)

    /// The peer closed a connection that no transfer uses.
    func idleEnded(_ socket: Int32)
}

/// A libcurl multi handle on an event loop (`curl_multi_socket_action`). Never called from one of curl's callbacks.
@safe final class CurlMulti: EventHandler {
    private let loop: EventLoop
    private var owner: UInt16 = 0
    let handle: UnsafeMutableRawPointer
    unowned let client: any CurlMultiOwner
    /// Whether input ends a connection that no transfer uses. libcurl sees to that itself, but not with TLS, and with
    /// HTTP/2 such input is usual.
    private let closesOnIdleInput: Bool
    /// What the loop knows of each socket; kept while curl forgets and remembers a socket.
    private var watches: [Int32: Watch] = [:]
    private(set) var nextDeadline = Instant.distantFuture

    private struct Watch {
        var interest: Readiness
        /// Whether curl has no transfer on the socket.
        var isIdle = false
    }

    init(loop: EventLoop, closesOnIdleInput: Bool = false, client: any CurlMultiOwner) {
        self.loop = loop
        self.closesOnIdleInput = closesOnIdleInput
        self.client = client
        guard let handle = unsafe curl_multi_init() else {
            preconditionFailure("libcurl could not allocate a multi handle")
        }
        unsafe self.handle = handle
        owner = loop.attach(self)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ballast_multi_setopt_pointer(handle, CURLMOPT_SOCKETDATA, context)
        unsafe ballast_multi_setopt_pointer(handle, CURLMOPT_TIMERDATA, context)
        unsafe ballast_multi_setopt_socket(handle) { _, socket, what, context, _ in
            let multi = unsafe Unmanaged<CurlMulti>.fromOpaque(context!)
            unsafe multi._withUnsafeGuaranteedRef { $0.watch(socket, what) }
            return 0
        }
        unsafe ballast_multi_setopt_timer(handle) { _, milliseconds, context in
            let multi = unsafe Unmanaged<CurlMulti>.fromOpaque(context!)
            unsafe multi._withUnsafeGuaranteedRef { $0.setTimer(milliseconds) }
            return 0
        }
    }

    deinit { _ = unsafe curl_multi_cleanup(handle) }

    // MARK: What curl asks for

    private func watch(_ socket: Int32, _ what: Int32) {
        guard what != CURL_POLL_REMOVE else {
            watches[socket]?.isIdle = true
            return
        }
        let read = Readiness.input.rawValue | Readiness.peerClosed.rawValue
        let input = what & CURL_POLL_IN != 0 ? read : 0
        let output = what & CURL_POLL_OUT != 0 ? Readiness.output.rawValue : 0
        let interest = Readiness(rawValue: input | output)
        let known = watches.updateValue(Watch(interest: interest), forKey: socket)
        guard known?.interest.rawValue != interest.rawValue else { return }
        let key = EventKey(index: UInt32(socket))
        if known == nil {
            try? loop.register(socket, interest, owner: owner, key: key)
        } else {
            try? loop.change(socket, interest, owner: owner, key: key)
        }
    }

    /// The socket is about to close, or to be watched by somebody else.
    func forget(_ socket: Int32) {
        if watches.removeValue(forKey: socket) != nil { loop.unregister(socket) }
    }

    /// Whether curl knows a socket but has no transfer on it.
    func isIdle(_ socket: Int32) -> Bool { watches[socket]?.isIdle == true }

    /// Something happened on a socket that curl does not look at. One that has ended is emptied, because libcurl 7.88
    /// takes a connection with anything left to read, such as TLS's goodbye, for a living one.
    private func readyIdle(_ socket: Int32, _ readiness: Readiness) {
        guard closesOnIdleInput || readiness.has(.peerClosed) || readiness.has(.failed) else {
            // Curl reads it when it uses the connection next; the loop must not report it until then.
            watches[socket]?.interest = .peerClosed
            try? loop.change(
                socket, .peerClosed, owner: owner, key: EventKey(index: UInt32(socket)))
            return
        }
        forget(socket)
        var scratch: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        while unsafe recv(socket, &scratch, 32, Int32(MSG_DONTWAIT)) > 0 {}
        _ = shutdown(socket, Int32(SHUT_RDWR))
        client.idleEnded(socket)
    }

    private func setTimer(_ milliseconds: Int) {
        switch milliseconds {
        case ..<0: nextDeadline = .distantFuture
        case 0: nextDeadline = .distantPast
        default: nextDeadline = Clock.now() + .milliseconds(Int64(milliseconds))
        }
    }

    // MARK: Driving it

    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        let socket = Int32(key.index)
        guard let watch = watches[socket] else { return }
        if watch.isIdle { return readyIdle(socket, readiness) }
        var mask: Int32 = 0
        if readiness.has(.input) || readiness.has(.peerClosed) { mask |= CURL_CSELECT_IN }
        if readiness.has(.output) { mask |= CURL_CSELECT_OUT }
        if readiness.has(.failed) { mask |= CURL_CSELECT_ERR }
        act(socket, mask)
    }

    /// Lets curl do what its timer asked for; also starts what was added.
    func expire() {
        nextDeadline = .distantFuture
        act(CURL_SOCKET_TIMEOUT, 0)
    }

    private func act(_ socket: Int32, _ mask: Int32) {
        var running: Int32 = 0
        unsafe curl_multi_socket_action(handle, socket, mask, &running)
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(handle, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            let easy = unsafe message.pointee.easy_handle!
            unsafe client.ended(easy, ballast_message_result(message))
        }
        if closesOnIdleInput, isIdle(socket), Socket.hasInput(socket) { readyIdle(socket, .input) }
    }

    func add(_ easy: UnsafeMutableRawPointer) { unsafe curl_multi_add_handle(handle, easy) }

    func remove(_ easy: UnsafeMutableRawPointer) { unsafe curl_multi_remove_handle(handle, easy) }
}

/// Typed access to one easy handle.
@safe struct CurlEasy {
    let handle: UnsafeMutableRawPointer

    init(_ handle: UnsafeMutableRawPointer) { unsafe self.handle = handle }

    /// - Precondition: libcurl has memory for it.
    init() {
        guard let handle = unsafe curl_easy_init() else {
            preconditionFailure("libcurl could not allocate an easy handle")
        }
        unsafe self.handle = handle
    }

    func set(_ option: CURLoption, _ value: Int) {
        unsafe ballast_setopt_long(handle, option, value)
    }

    /// libcurl copies strings; nil unsets the option.
    func set(_ option: CURLoption, _ text: String?) {
        guard let text else {
            unsafe ballast_setopt_pointer(handle, option, nil)
            return
        }
        _ = unsafe text.withCString { unsafe ballast_setopt_pointer(handle, option, $0) }
    }

    func set(_ option: CURLoption, pointer: UnsafeRawPointer?) {
        unsafe ballast_setopt_pointer(handle, option, pointer)
    }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        unsafe ballast_getinfo_long(handle, info, &value)
        return value
    }

    /// Of a `*_TIME_T`: microseconds since the transfer's start.
    func time(_ info: CURLINFO) -> Nanoseconds {
        var value: curl_off_t = 0
        unsafe ballast_getinfo_offset(handle, info, &value)
        return .microseconds(Int64(value))
    }

    func offset(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        unsafe ballast_getinfo_offset(handle, info, &value)
        return Int(value)
    }

    /// What both kinds of transfer share: no signals, no proxy of the environment, and the load's trust.
    func prepare(tls: TLSOptions?) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROXY, "")
        set(CURLOPT_TCP_NODELAY, 1)
        guard let tls else { return }
        set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1 : 0)
        set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2 : 0)
        // A CAPATH is searched for each connection (15 ms and 848 KB); one file is parsed once per multi.
        set(CURLOPT_CAPATH, nil)
        set(CURLOPT_CAINFO, tls.ca ?? CertificateBundle.path)
        set(CURLOPT_SSLCERT, tls.certificate)
        set(CURLOPT_SSLKEY, tls.key)
        set(CURLOPT_SSL_SESSIONID_CACHE, tls.resume ? 1 : 0)
    }
}
