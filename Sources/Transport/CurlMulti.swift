import CCurl
import Glibc
import Reactor
import Time

/// Whoever has transfers in a `CurlMulti`.
protocol CurlMultiOwner: AnyObject {
    /// A transfer ended; its handle is still in the multi.
    func ended(_ easy: UnsafeMutableRawPointer, _ code: CURLcode)

    /// The loop would not take the socket of a transfer; its handle is still in the multi.
    func failedToWatch(_ easy: UnsafeMutableRawPointer, errno: Int32)

    /// A connection that no transfer uses has ended.
    func idleEnded(_ socket: Int32)
}

/// What a loop knows of one of curl's sockets.
private struct Watch {
    let key: EventKey
    var interest: Readiness
    /// Whether curl has no transfer on the socket.
    var isIdle = false
}

/// By descriptor: they are small numbers, and each request asks several times.
private struct WatchTable {
    private var places: [Watch?] = []

    subscript(_ socket: Int32) -> Watch? {
        get { places.indices.contains(Int(socket)) ? places[Int(socket)] : nil }
        set {
            while places.count <= Int(socket) { places.append(nil) }
            places[Int(socket)] = newValue
        }
    }
}

/// A libcurl multi handle on an event loop (`curl_multi_socket_action`). Never called from one of curl's callbacks.
@safe final class CurlMulti: EventHandler {
    private let loop: EventLoop
    private var owner: UInt16 = 0
    let handle: UnsafeMutableRawPointer
    unowned let client: any CurlMultiOwner
    /// Whether input ends a connection that no transfer uses.
    private let endsOnIdleInput: Bool
    /// What the loop knows of each socket; kept while curl forgets and remembers a socket.
    private var watches = WatchTable()
    private(set) var nextDeadline = Instant.distantFuture
    /// Tells the events of a socket from those of an earlier one under the same number.
    private var generation: UInt16 = 0
    private var unwatched: [(easy: UnsafeMutableRawPointer, errno: Int32)] = unsafe []
    private var hasRestarted = false
    private var isOpen = true

    init(loop: EventLoop, endsOnIdleInput: Bool = false, client: any CurlMultiOwner) {
        self.loop = loop
        self.endsOnIdleInput = endsOnIdleInput
        self.client = client
        guard let handle = unsafe curl_multi_init() else {
            preconditionFailure("libcurl could not allocate a multi handle")
        }
        unsafe self.handle = handle
        owner = loop.attach(self)
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe ballast_multi_setopt_pointer(handle, CURLMOPT_SOCKETDATA, context)
        unsafe ballast_multi_setopt_pointer(handle, CURLMOPT_TIMERDATA, context)
        unsafe ballast_multi_setopt_socket(handle) { easy, socket, what, context, _ in
            let multi = unsafe Unmanaged<CurlMulti>.fromOpaque(context!)
            unsafe multi._withUnsafeGuaranteedRef { unsafe $0.watch(socket, what, easy!) }
            return 0
        }
        unsafe ballast_multi_setopt_timer(handle) { _, milliseconds, context in
            let multi = unsafe Unmanaged<CurlMulti>.fromOpaque(context!)
            unsafe multi._withUnsafeGuaranteedRef { $0.setTimer(milliseconds) }
            return 0
        }
    }

    deinit { close() }

    /// Ends all connections; libcurl calls back into the client while it does, so that a client closes before it goes.
    func close() {
        guard isOpen else { return }
        isOpen = false
        _ = unsafe curl_multi_cleanup(handle)
    }

    // MARK: What curl asks for

    func watch(_ socket: Int32, _ what: Int32, _ easy: UnsafeMutableRawPointer) {
        guard what != CURL_POLL_REMOVE else {
            watches[socket]?.isIdle = true
            return
        }
        let read = Readiness.input.rawValue | Readiness.peerClosed.rawValue
        let input = what & CURL_POLL_IN != 0 ? read : 0
        let output = what & CURL_POLL_OUT != 0 ? Readiness.output.rawValue : 0
        let interest = Readiness(rawValue: input | output)
        do {
            if let known = watches[socket] {
                watches[socket]?.isIdle = false
                guard known.interest.rawValue != interest.rawValue else { return }
                watches[socket]?.interest = interest
                try loop.change(socket, interest, owner: owner, key: known.key)
            } else {
                generation &+= 1
                let key = EventKey(index: UInt32(socket), generation: generation)
                try loop.register(socket, interest, owner: owner, key: key)
                watches[socket] = Watch(key: key, interest: interest)
            }
        } catch {
            // libcurl is in the middle of something: its transfer ends behind that.
            unsafe unwatched.append((easy, error.code))
        }
    }

    /// The socket is about to close, or to be watched by somebody else.
    func forget(_ socket: Int32) {
        guard watches[socket] != nil else { return }
        watches[socket] = nil
        loop.unregister(socket)
    }

    /// What the events of a socket come under.
    func key(of socket: Int32) -> EventKey? { watches[socket]?.key }

    /// Whether curl knows a socket but has no transfer on it.
    func isIdle(_ socket: Int32) -> Bool { watches[socket]?.isIdle == true }

    /// Something happened on a socket that curl does not look at. One that has ended is emptied, because libcurl 7.88
    /// takes a connection with anything left to read, such as TLS's goodbye, for a living one.
    private func readyIdle(_ socket: Int32, _ readiness: Readiness) {
        guard endsOnIdleInput || readiness.has(.peerClosed) || readiness.has(.failed) else {
            // Curl reads it when it uses the connection next; the loop must not report it until then.
            guard let watch = watches[socket] else { return }
            watches[socket]?.interest = .peerClosed
            let isLess: ()? = try? loop.change(socket, .peerClosed, owner: owner, key: watch.key)
            if isLess == nil { endIdle(socket) }
            return
        }
        // Within one batch of events a timer's transfer may have read already what this event is about.
        if readiness.has(.over) || Socket.hasInput(socket) { endIdle(socket) }
    }

    /// Ends a connection that no transfer uses, so that libcurl finds it dead.
    func endIdle(_ socket: Int32) {
        forget(socket)
        var scratch: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        while unsafe recv(socket, &scratch, 32, Int32(MSG_DONTWAIT)) > 0 {}
        _ = shutdown(socket, Int32(SHUT_RDWR))
        client.idleEnded(socket)
    }

    private func setTimer(_ milliseconds: Int) {
        switch milliseconds {
        case ..<0: nextDeadline = .distantFuture
        case 0: nextDeadline = .atOnce
        default: nextDeadline = Clock.now() + .milliseconds(Int64(milliseconds))
        }
    }

    // MARK: Driving it

    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        let socket = Int32(key.index)
        guard let watch = watches[socket], watch.key == key else { return }
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
        drive(socket, mask)
        while hasRestarted {
            hasRestarted = false
            nextDeadline = .distantFuture
            drive(CURL_SOCKET_TIMEOUT, 0)
        }
    }

    private func drive(_ socket: Int32, _ mask: Int32) {
        var running: Int32 = 0
        unsafe curl_multi_socket_action(handle, socket, mask, &running)
        var left: Int32 = 0
        while let message = unsafe curl_multi_info_read(handle, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
            let easy = unsafe message.pointee.easy_handle!
            unsafe client.ended(easy, ballast_message_result(message))
        }
        while let (easy, errno) = unsafe unwatched.popLast() {
            unsafe client.failedToWatch(easy, errno: errno)
        }
    }

    /// Starts a transfer that has ended anew, as soon as all that ended with it has been told.
    func restart(_ easy: UnsafeMutableRawPointer) {
        unsafe remove(easy)
        unsafe add(easy)
        hasRestarted = true
    }

    func add(_ easy: UnsafeMutableRawPointer) { unsafe curl_multi_add_handle(handle, easy) }

    func remove(_ easy: UnsafeMutableRawPointer) { unsafe curl_multi_remove_handle(handle, easy) }
}
