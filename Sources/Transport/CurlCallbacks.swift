import CCurl
import Glibc
import Reactor
import Time

/// What libcurl calls while a transfer runs. Each callback writes into its `CurlTransfer`; none calls libcurl.
enum CurlCallbacks {
    static func install(
        on easy: CurlEasy, transfer: UnsafeMutablePointer<CurlTransfer>, transport: CurlTransport
    ) {
        let owner = unsafe Unmanaged.passUnretained(transport).toOpaque()
        unsafe easy.set(CURLOPT_WRITEDATA, pointer: transfer)
        unsafe ballast_setopt_data(easy.handle, CURLOPT_WRITEFUNCTION) {
            bytes, size, count, context in
            unsafe CurlCallbacks.body(
                size * count, context!.assumingMemoryBound(to: CurlTransfer.self))
        }
        unsafe easy.set(CURLOPT_HEADERDATA, pointer: transfer)
        unsafe ballast_setopt_data(easy.handle, CURLOPT_HEADERFUNCTION) {
            bytes, size, count, context in
            unsafe CurlCallbacks.header(
                UnsafeRawBufferPointer(start: bytes, count: size * count),
                context!.assumingMemoryBound(to: CurlTransfer.self))
        }
        unsafe easy.set(CURLOPT_PREREQDATA, pointer: transfer)
        unsafe easy.set(CURLOPT_OPENSOCKETDATA, pointer: transfer)
        unsafe easy.set(CURLOPT_CLOSESOCKETDATA, pointer: owner)
        unsafe ballast_setopt_prerequest(easy.handle) { context, _, _, _, localPort in
            unsafe CurlCallbacks.prerequest(
                context!.assumingMemoryBound(to: CurlTransfer.self),
                localPort: UInt16(truncatingIfNeeded: localPort))
        }
        unsafe ballast_setopt_open_socket(easy.handle) { context, _, address in
            unsafe CurlCallbacks.openSocket(
                context!.assumingMemoryBound(to: CurlTransfer.self), address!)
        }
        unsafe ballast_setopt_close_socket(easy.handle) { context, socket in
            let transport = unsafe Unmanaged<CurlTransport>.fromOpaque(context!)
            unsafe transport._withUnsafeGuaranteedRef { $0.closeSocket(socket) }
            return 0
        }
    }

    private static func body(_ count: Int, _ transfer: UnsafeMutablePointer<CurlTransfer>) -> Int {
        unsafe transfer.pointee.bodyBytes += count
        guard unsafe transfer.pointee.bodyBytes <= transfer.pointee.bodyMax else {
            unsafe transfer.pointee.exceededBody = true
            return 0
        }
        return count
    }

    /// Called once per line of a head; an empty line ends it.
    private static func header(
        _ line: UnsafeRawBufferPointer, _ transfer: UnsafeMutablePointer<CurlTransfer>
    ) -> Int {
        if unsafe transfer.pointee.request.firstByte == .notYet {
            unsafe transfer.pointee.request.firstByte = Clock.now()
        }
        unsafe transfer.pointee.headBytes += line.count
        if let status = unsafe statusCode(line) {
            unsafe transfer.pointee.request.status = status
            if unsafe line[5] != UInt8(ascii: "1"), unsafe !transfer.pointee.isMultiplexed {
                unsafe transfer.pointee.isForeign = true
                return 0
            }
        }
        if line.count <= 2, unsafe line.last == UInt8(ascii: "\n"),
            unsafe transfer.pointee.request.status >= 200
        {
            unsafe transfer.pointee.hasAnswer = true
        }
        return line.count
    }

    /// Of `HTTP/1.1 200 OK` or `HTTP/2 200`; nil for every other line.
    private static func statusCode(_ line: UnsafeRawBufferPointer) -> UInt16? {
        guard line.count >= 12, unsafe line[0] == UInt8(ascii: "H"),
            unsafe line[4] == UInt8(ascii: "/")
        else { return nil }
        let start = unsafe line[6] == UInt8(ascii: " ") ? 7 : 9
        var status: UInt16 = 0
        for index in start..<start + 3 {
            let digit = unsafe line[index] &- 48
            guard digit <= 9 else { return nil }
            status = status * 10 + UInt16(digit)
        }
        return status
    }

    /// Called when a connection is up, before a request goes out on it. A second call is libcurl repeating the request
    /// by itself, because its idle connection turned out dead: refused, since every attempt must be counted.
    private static func prerequest(
        _ transfer: UnsafeMutablePointer<CurlTransfer>, localPort: UInt16
    ) -> Int32 {
        unsafe transfer.pointee.attempts += 1
        guard unsafe transfer.pointee.attempts == 1 else {
            unsafe transfer.pointee.wasStale = true
            return CURL_PREREQFUNC_ABORT
        }
        let isClean = unsafe transfer.pointee.owner?._withUnsafeGuaranteedRef {
            unsafe $0.isClean(
                peer: transfer.pointee.peer, opened: transfer.pointee.socket, localPort: localPort)
        }
        guard isClean != false else {
            unsafe transfer.pointee.wasUnclean = true
            return CURL_PREREQFUNC_ABORT
        }
        unsafe transfer.pointee.request.sendStart = Clock.now()
        return CURL_PREREQFUNC_OK
    }

    private static func openSocket(
        _ transfer: UnsafeMutablePointer<CurlTransfer>, _ address: UnsafePointer<curl_sockaddr>
    ) -> curl_socket_t {
        let number = unsafe transfer.pointee.owner?._withUnsafeGuaranteedRef {
            unsafe $0.openSocket(address, peer: transfer.pointee.peer)
        }
        unsafe transfer.pointee.socket = number ?? -1
        return number ?? -1
    }
}

extension CurlTransport {
    /// The last gate: nothing is opened to what is not the address that was chosen.
    func openSocket(_ address: UnsafePointer<curl_sockaddr>, peer: Int32) -> curl_socket_t {
        let name = unsafe SocketLedger.name(address)
        guard peer >= 0, peers.list[Int(peer)].address.map({ $0 == name }) ?? true else {
            return CURL_SOCKET_BAD
        }
        let (number, former) = unsafe sockets.open(address, peer: peer)
        if let former { peers.closed(former) }
        forget(number)
        if number >= 0 { peers.opened(peer) }
        return number
    }

    func closeSocket(_ number: curl_socket_t) {
        forget(number)
        if let peer = sockets.close(number) { peers.closed(peer) }
    }

    /// Whether nothing came on a connection that nobody asked for: libcurl 7.88 would take it for the answer. The ports
    /// of Unix sockets do not tell one from another.
    /// - Parameter opened: the socket that was opened for this request, else -1.
    func isClean(peer: Int32, opened: Int32, localPort: UInt16) -> Bool {
        guard endsOnIdleInput, localPort > 0 else { return true }
        if opened >= 0 {
            sockets.connected(opened, localPort: localPort)
            return true
        }
        guard let number = sockets.number(peer: peer, localPort: localPort) else { return true }
        return !Socket.hasInput(number)
    }
}
