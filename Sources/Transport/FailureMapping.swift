import CCurl
import Glibc
import HTTP1
import Reactor
import Time

/// From errno and libcurl's codes to outcomes: the one place where both transports are made to agree.
extension Outcome {
    /// A connect that failed with this errno.
    package init(connectErrno code: Int32) { self = .ofConnect(errno: code) }

    /// A connect that failed.
    static func ofConnect(errno code: Int32) -> Outcome {
        switch code {
        case ECONNREFUSED, ENOENT: .refused  // ENOENT: a Unix socket that is not there
        case ETIMEDOUT: .connectTimeout
        case ECONNRESET, EPIPE, ECONNABORTED: .reset
        default: isLocal(errno: code) ? .local : .unreachable
        }
    }

    /// A connection that failed while it was up.
    static func ofTransfer(errno code: Int32) -> Outcome {
        switch code {
        case ETIMEDOUT: .timeout
        case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EHOSTDOWN: .unreachable
        default: isLocal(errno: code) ? .local : .reset
        }
    }

    /// Whether our own machine ran out of something: descriptors, ports, memory, permission.
    static func isLocal(errno code: Int32) -> Bool {
        switch code {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL, EADDRINUSE, EACCES, EPERM, EAGAIN,
            ENOSPC:
            true
        default: false
        }
    }

    /// A libcurl transfer that failed.
    /// - Parameters:
    ///   - errno: `CURLINFO_OS_ERRNO`.
    ///   - isUp: whether its connection was up.
    ///   - receivedAny: whether a line of an answer had arrived.
    static func ofCurl(
        _ code: CURLcode, errno: Int32, isUp: Bool, receivedAny: Bool
    ) -> Outcome {
        switch code {
        case CURLE_OK: .ok
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .dns
        case CURLE_COULDNT_CONNECT: ofConnect(errno: errno)
        case CURLE_OPERATION_TIMEDOUT: isUp ? .timeout : .connectTimeout
        case CURLE_SSL_CONNECT_ERROR: errno == ECONNRESET ? .reset : .tls
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CRL_BADFILE:
            .tls
        case CURLE_PARTIAL_FILE: .truncated
        case CURLE_GOT_NOTHING: receivedAny ? .truncated : .reset
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            // A TLS peer that closes without saying so looks like an error to OpenSSL.
            errno == 0 && receivedAny ? .truncated : ofTransfer(errno: errno)
        case CURLE_TOO_MANY_REDIRECTS: .redirect
        case CURLE_WRITE_ERROR, CURLE_FILESIZE_EXCEEDED: .bodyLimit
        // 7.88 says so of a head beyond its limits too.
        case CURLE_OUT_OF_MEMORY where isUp: .protocolError
        case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_NO_CONNECTION_AVAILABLE: .local
        case CURLE_ABORTED_BY_CALLBACK: .reset
        case CURLE_PROXY: .unreachable
        default: .protocolError
        }
    }
}

/// What became of a request, in words.
extension DirectTransport {
    package func describe(_ completion: Exchange) -> String {
        let peer = peers.count == 1 ? " \(peers[0])" : ""
        switch completion.detail {
        case .none: return completion.outcome.name + peer
        case .system(let errno):
            return "\(completion.outcome.name)\(peer): \(SystemError.text(of: errno))"
        case .curl: return "\(completion.outcome.name): \(failureText)"
        case .openSSL(let code):
            return "\(completion.outcome.name)\(peer): \(TLSChannel.text(of: code))"
        case .malformed(let code):
            let failure = ResponseParser.Failure(rawValue: code).map { "\($0)" } ?? "unknown"
            return "protocol\(peer): the answer is not valid HTTP/1.1 (\(failure))"
        case .cameBefore:
            return "protocol\(peer): bytes came before the request was sent"
        case .closedEarly:
            return "\(completion.outcome.name)\(peer): the connection was closed before the "
                + (completion.firstByte == .notYet ? "answer's first byte" : "answer's end")
        }
    }
}
