import Glibc
import HTTP1
import Reactor
import Time

/// How a connection comes to be.
extension DirectTransport {
    func open(_ slot: Int) {
        guard table[slot].peer >= 0 else { return finish(slot, .dns, at: Clock.now()) }
        let address = peers[Int(table[slot].peer)]
        connecting += 1
        if let connector, let tls = options.tls {
            table[slot].state = .handshaking
            connector.connect(to: address, tls, for: self, slot: slot)
            return
        }
        table[slot].state = .connecting
        switch Socket.connect(to: address, stamped: true) {
        case .failed(let code):
            table[slot].request.detail = .system(errno: code)
            finish(slot, .ofConnect(errno: code), at: Clock.now())
        case .pending(let descriptor):
            table[slot].descriptor = descriptor
            _ = watch(slot)
        case .connected(let descriptor):
            table[slot].descriptor = descriptor
            if watch(slot) { connected(slot) }
        }
    }

    /// Registers a connection's descriptor, once for its whole life.
    private func watch(_ slot: Int) -> Bool {
        do {
            try context.loop.register(
                table[slot].descriptor, [.input, .output, .peerClosed, .edge], owner: owner,
                key: table[slot].key(slot))
            return true
        } catch {
            table[slot].request.detail = .system(errno: error.code)
            finish(slot, .local, at: Clock.now())
            return false
        }
    }

    private func connected(_ slot: Int) {
        let now = Clock.now()
        connecting -= 1
        table[slot].request.connectTime = now - table[slot].request.actualStart
        send(slot, at: now)
    }

    func connectEnded(_ slot: Int) {
        let code = Socket.connectError(table[slot].descriptor)
        if code == 0 { return connected(slot) }
        table[slot].request.detail = .system(errno: code)
        finish(slot, .ofConnect(errno: code), at: Clock.now())
    }

    /// The handshake of a slot ended.
    func handshakeEnded(_ slot: Int, _ result: TLSConnector.Result) {
        switch result {
        case .connected(let channel, let descriptor, let connectTime, let tlsTime):
            connecting -= 1
            table[slot].state = .active
            table[slot].channel = channel
            table[slot].descriptor = descriptor
            table[slot].request.connectTime = connectTime
            table[slot].request.tlsTime = tlsTime
            if watch(slot) { send(slot, at: Clock.now()) }
        case .failed(let outcome, let detail, let text):
            failureText = text
            table[slot].request.detail = detail
            finish(slot, outcome, at: Clock.now())
        }
    }

    /// The handshake of a slot began; its channel must be closed with the slot.
    func handshakeBegan(_ slot: Int, _ channel: TLSChannel) { table[slot].channel = channel }
}
