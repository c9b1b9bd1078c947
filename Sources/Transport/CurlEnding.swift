import CCurl
import Reactor
import Time

/// What became of an attempt, as libcurl and the kernel tell it.
extension CurlTransport {
    func outcome(_ slot: Int, _ code: CURLcode) -> Outcome {
        if code == CURLE_OK {
            if table[slot].hasAnswer { return .ok }
            return table[slot].request.status == 0 ? .protocolError : .truncated
        }
        let isUp = table[slot].attempts > 0
        var errno = Int32(table.easy(slot).long(CURLINFO_OS_ERRNO))
        if code == CURLE_COULDNT_CONNECT, errno == 0 { errno = sockets.lastError }
        let receivedAny = table[slot].headBytes > 0
        var outcome = Outcome.ofCurl(code, errno: errno, isUp: isUp, receivedAny: receivedAny)
        if code == CURLE_RECV_ERROR, isMalformed(errorText(slot)) { outcome = .protocolError }
        if curl.proxy != nil, !isUp, code == CURLE_RECV_ERROR, errno == 0 { outcome = .unreachable }
        if table[slot].isForeign { outcome = .protocolError }
        if table[slot].exceededBody { outcome = .bodyLimit }
        // A request had gone out, and libcurl went on to repeat it: its connection had been closed.
        if table[slot].wasStale || (isUp && failedToConnect(code)) { outcome = .reset }
        table[slot].request.detail = .curl(code: code.rawValue)
        return outcome
    }

    /// libcurl 7.88 has one code for a connection that ended and for an answer that nobody can read.
    private func isMalformed(_ text: String) -> Bool {
        text.hasSuffix("chunked-encoding") || text.hasPrefix("Too large response headers")
    }

    private func failedToConnect(_ code: CURLcode) -> Bool {
        [CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CONNECT_ERROR].contains(code)
    }

    /// Where the answer redirects to, if it does and that is to be followed.
    func location(_ slot: Int) -> String? {
        guard curl.redirects > 0, [301, 302, 303, 307, 308].contains(table[slot].request.status)
        else { return nil }
        return table.easy(slot).header("Location")
    }

    /// The socket of a transfer that ended behind its deadline, if that is when its last bytes came.
    func lateSocket(_ slot: Int) -> Int32? {
        var socket: curl_socket_t = -1
        unsafe ballast_getinfo_socket(table.easy(slot).handle, &socket)
        guard let age = SocketLedger.ageOfLastBytes(socket) else { return nil }
        return Clock.now() - age > table[slot].deadline ? socket : nil
    }

    /// What libcurl knows of an ended attempt. On a failure its connect times are zero.
    func collect(_ slot: Int, _ easy: CurlEasy) {
        table[slot].request.opened =
            easy.long(CURLINFO_NUM_CONNECTS) > 0 || table[slot].attempts == 0
        if !table[slot].hasAnswer { table[slot].request.status = 0 }
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

    func errorText(_ slot: Int) -> String {
        unsafe String(cString: table.errorText(slot))
    }
}
