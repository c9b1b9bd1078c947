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
    private let errorText: UnsafeMutablePointer<CChar>
    /// Nil during the first exchange, and for good if libcurl does not stand on OpenSSL.
    private(set) var session: OpaquePointer?

    /// OpenSSL takes at least so much in one read.
    private static let readAheadMin = 8 * 1_024

    init(
        _ easy: UnsafeMutableRawPointer, steering: UnsafeMutablePointer<curl_slist>?,
        errorText: UnsafeMutablePointer<CChar>
    ) {
        unsafe self.easy = easy
        unsafe self.steering = steering
        unsafe self.errorText = errorText
        unsafe session = nil
    }

    func send(_ bytes: [UInt8], from start: Int) -> Written {
        unsafe bytes.withUnsafeBytes { all in
            let rest = unsafe UnsafeRawBufferPointer(rebasing: all[start...])
            guard let session = unsafe session else { return unsafe sendByCurl(rest) }
            ERR_clear_error()
            errno = 0
            let count = unsafe SSL_write(session, rest.baseAddress, Int32(clamping: rest.count))
            if count > 0 { return .bytes(Int(count)) }
            switch unsafe SSL_get_error(session, count) {
            case SSL_ERROR_WANT_WRITE: return .bytes(0)
            case SSL_ERROR_WANT_READ: return .needsInput
            case SSL_ERROR_SSL: return .broken(Self.reason())
            default: return .failed(errno: errno == 0 ? ECONNRESET : errno)
            }
        }
    }

    func receive(into buffer: UnsafeMutableRawPointer, capacity: Int) -> Received {
        guard let session = unsafe session else {
            return unsafe receiveByCurl(into: buffer, capacity: capacity)
        }
        ERR_clear_error()
        errno = 0
        let count = unsafe SSL_read(session, buffer, Int32(capacity))
        if count > 0 { return .bytes(Int(count)) }
        switch unsafe SSL_get_error(session, count) {
        case SSL_ERROR_WANT_READ: return .wouldBlock
        case SSL_ERROR_WANT_WRITE: return .needsOutput
        case SSL_ERROR_ZERO_RETURN: return .end
        case SSL_ERROR_SSL: return .broken(Self.reason())
        default: return .failed(errno: errno)
        }
    }

    private static func reason() -> FailureDetail {
        .openSSL(code: UInt32(truncatingIfNeeded: ERR_peek_error()))
    }

    static func text(of code: UInt32) -> String {
        unsafe ERR_reason_error_string(UInt(code)).map { unsafe String(cString: $0) }
            ?? "error \(code) of OpenSSL"
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

    private func sendByCurl(_ bytes: UnsafeRawBufferPointer) -> Written {
        var count = 0
        let code = unsafe curl_easy_send(easy, bytes.baseAddress, bytes.count, &count)
        switch code {
        case CURLE_OK: return .bytes(count)
        // It may be either way that blocks; libcurl does not say which.
        case CURLE_AGAIN: return .needsInput
        default:
            if isBroken { return .broken(.curl(code: code.rawValue)) }
            return .failed(errno: systemError == 0 ? ECONNRESET : systemError)
        }
    }

    private func receiveByCurl(
        into buffer: UnsafeMutableRawPointer, capacity: Int
    ) -> Received {
        var count = 0
        let code = unsafe curl_easy_recv(easy, buffer, capacity, &count)
        switch code {
        case CURLE_OK: return count > 0 ? .bytes(count) : .end
        case CURLE_AGAIN: return .needsOutput
        default:
            if isBroken { return .broken(.curl(code: code.rawValue)) }
            return .failed(errno: systemError)
        }
    }

    private var systemError: Int32 { Int32(unsafe CurlEasy(easy).long(CURLINFO_OS_ERRNO)) }

    /// Whether OpenSSL named an error of its own: libcurl has one code for that and for a lost connection.
    private var isBroken: Bool { systemError == 0 && curlText.contains("error:") }

    /// What libcurl says of its last failure.
    var curlText: String { unsafe String(cString: errorText) }

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
