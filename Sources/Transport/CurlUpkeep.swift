import CCurl
import Glibc
package import Reactor
package import Time

/// Idle connections, and deadlines.
extension CurlTransport {
    func failedToWatch(_ easy: UnsafeMutableRawPointer, errno code: Int32) {
        let slot = unsafe slotNumber(of: easy)
        guard table[slot].isActive else { return }
        failureText = SystemError.text(of: code)
        finish(slot, .local, at: Clock.now(), isInMulti: true)
    }

    func idleEnded(_ socket: Int32) {
        if let peer = sockets.markEnded(socket) { peers.closed(peer) }
    }

    /// Ends one idle connection to a peer, so that another may be opened.
    func endIdle(to peer: Int32) -> Bool {
        guard let socket = sockets.all(to: peer).first(where: { multi.isIdle($0) }) else {
            return false
        }
        multi.endIdle(socket)
        return true
    }

    /// Ends the idle connections to addresses that are no longer the target's.
    func endIdleStrays() {
        for socket in sockets.all(to: -1) where multi.isIdle(socket) { multi.endIdle(socket) }
    }

    /// libcurl lets go of a socket.
    func forget(_ socket: Int32) { multi.forget(socket) }

    // MARK: Deadlines

    package var nextDeadline: Instant {
        let oldest = ages.oldest.map { table[$0].deadline }
        return min(oldest ?? .distantFuture, multi.nextDeadline, floor)
    }

    var floor: Instant {
        curl.version == .http1 || ages.count == 0 ? .distantFuture : lastDriven + Self.streamFloor
    }

    package func expire(now: Instant) {
        if multi.nextDeadline <= now || floor <= now {
            multi.expire()
            lastDriven = now
        }
        guard isOver(now) else { return }
        // An answer that is here already beats a timeout that is found late.
        context.loop.collect(sockets.usable)
        while isOver(now), let slot = ages.oldest {
            let isUp = table[slot].attempts > 0
            finish(slot, isUp ? .timeout : .connectTimeout, at: now, isInMulti: true)
        }
    }

    private func isOver(_ now: Instant) -> Bool {
        ages.oldest.map { table[$0].deadline <= now } ?? false
    }

    package func cancelAll(now: Instant) {
        while let slot = ages.oldest { finish(slot, .canceled, at: now, isInMulti: true) }
    }
}

/// Changes from outside, and what is shown.
extension CurlTransport {
    package func setRequest(_ request: RenderedRequest) {
        self.request = request
        headers = HeaderList(Self.headerLines(request))
        url = CurlURL(curl.url + request.path)
        generation += 1
    }

    package func setPeers(_ addresses: [SocketAddress]) {
        if curl.unix == nil { replacePeers(addresses) }
    }

    func replacePeers(_ addresses: [SocketAddress?]) {
        let numbers = peers.replace(addresses) { CurlSteering(curl, to: $0) }
        guard let numbers else { return }
        sockets.renumber(numbers)
        for slot in 0..<table.count where table[slot].isActive && table[slot].peer >= 0 {
            table[slot].peer = numbers[Int(table[slot].peer)]
        }
        if sockets.strays > 0 { endIdleStrays() }
    }

    package var connections: ConnectionCounts {
        var counts = ConnectionCounts()
        counts.active = min(sockets.usable, ages.count)
        counts.idle = sockets.usable - counts.active
        return counts
    }

    package func describe(_ completion: Exchange) -> String {
        "\(completion.outcome.name): \(failureText)"
    }
}
