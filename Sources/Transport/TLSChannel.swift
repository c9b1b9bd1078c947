import CCurl
import COpenSSL
import Glibc
import Reactor

/// A TLS connection that libcurl opened and that carries our own bytes.
///
/// The first exchange goes through `curl_easy_send` and `curl_easy_recv`: libcurl keeps the session tickets that come
/// with it, and then it can name OpenSSL's session. All later ones talk to that session: libcurl searches all
/// connections of its multi at each call, and reads the head and the body of a record apart.
@safe struct TLSChannel {
    let easy: UnsafeMutableRawPointer
    let steering: UnsafeMutablePointer<curl_slist>?
    /// Nil during the first exchange, and for good if libcurl does not stand on OpenSSL.
    private var session: OpaquePointer?

    /// OpenSSL takes at least so much in one read.
    private static let readAheadMin = 8 * 1_024

    init(_ easy: UnsafeMutableRawPointer, steering: UnsafeMutablePointer<curl_slist>?) {
        unsafe self.easy = easy
        unsafe self.steering = steering
        unsafe session = nil
    }

    /// - Returns: how many bytes were taken, 0 when it would block, nil when the connection is gone.
    func send(_ bytes: [UInt8], from start: Int) -> Int? {
        unsafe bytes.withUnsafeBytes { all in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: all[start...])
            guard let session = unsafe session else { return unsafe sendByCurl(rest) }
            ERR_clear_error()
            let count = unsafe SSL_write(session, rest.baseAddress, Int32(clamping: rest.count))
            if count > 0 { return Int(count) }
            let error = unsafe SSL_get_error(session, count)
            return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : nil
        }
    }

    func receive(into buffer: UnsafeMutableRawPointer, capacity: Int) -> Socket.Received {
        guard let session = unsafe session else {
            return unsafe receiveByCurl(into: buffer, capacity: capacity)
        }
        ERR_clear_error()
        errno = 0
        let count = unsafe SSL_read(session, buffer, Int32(capacity))
        if count > 0 { return .bytes(Int(count)) }
        switch unsafe SSL_get_error(session, count) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
        case SSL_ERROR_ZERO_RETURN: return .end
        case SSL_ERROR_SYSCALL: return .failed(errno: errno)
        default: return .failed(errno: 0)
        }
    }

    /// Ends an exchange with an answer of `size` bytes.
    /// - Returns: whether bytes beyond it are here already. Later ones are an event of their own.
    mutating func endExchange(on socket: Int32, size: Int) -> Bool {
        guard let session = unsafe session else {
            takeOver(socket)
            return Socket.hasInput(socket)
        }
        if unsafe SSL_has_pending(session) == 1 { return true }
        return size > Self.readAheadMin && Socket.hasInput(socket)
    }

    // MARK: The first exchange

    private func sendByCurl(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var count = 0
        let code = unsafe curl_easy_send(easy, bytes.baseAddress, bytes.count, &count)
        return code == CURLE_OK ? count : code == CURLE_AGAIN ? 0 : nil
    }

    private func receiveByCurl(
        into buffer: UnsafeMutableRawPointer, capacity: Int
    ) -> Socket.Received {
        var count = 0
        switch unsafe curl_easy_recv(easy, buffer, capacity, &count) {
        case CURLE_OK: return count > 0 ? .bytes(count) : .end
        case CURLE_AGAIN: return .wouldBlock
        // After a broken record errno is 0.
        default: return .failed(errno: Int32(unsafe CurlEasy(easy).long(CURLINFO_OS_ERRNO)))
        }
    }

    /// Lets OpenSSL use the socket itself, and read ahead as much as there is.
    private mutating func takeOver(_ socket: Int32) {
        guard let session = unsafe OpaquePointer(ballast_getinfo_session(easy)),
            unsafe SSL_set_fd(session, socket) == 1
        else { return }
        unsafe SSL_set_read_ahead(session, 1)
        // As libcurl does: many servers leave TLS's goodbye out.
        unsafe ballast_overlook_missing_goodbye(session)
        unsafe self.session = session
    }
}
