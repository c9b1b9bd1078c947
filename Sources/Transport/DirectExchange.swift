import CLinux
import Glibc
import HTTP1
import Reactor
import Time

/// Sending and receiving on one connection: what happens for each request.
extension DirectTransport {
    // MARK: Sending

    func send(_ slot: Int, at now: Instant) {
        table[slot].state = .active
        table[slot].request.sendStart = now
        table[slot].parser = ResponseParser(answersHEAD: sendsHEAD)
        table[slot].reads = 0
        let bytes = requestBytes
        switch write(slot, bytes, from: 0) {
        case .bytes(let count):
            table[slot].request.bytesSent = count
            guard count < bytes.count else { return }
            table[slot].isSending = true
            unsent[slot] = UnsentRequest(bytes: bytes, offset: count)
        case .needsInput:
            table[slot].isCrossed = true
            table[slot].isSending = true
            unsent[slot] = UnsentRequest(bytes: bytes, offset: 0)
        case .failed(let code):
            table[slot].request.detail = .system(errno: code)
            finish(slot, .ofTransfer(errno: code), at: Clock.now())
        case .broken(let detail): broken(slot, detail)
        }
    }

    func sendRest(_ slot: Int) {
        guard let rest = unsent[slot] else { return }
        switch write(slot, rest.bytes, from: rest.offset) {
        case .bytes(let count):
            table[slot].request.bytesSent += count
            let isDone = rest.offset + count == rest.bytes.count
            table[slot].isSending = !isDone
            unsent[slot] =
                isDone ? nil : UnsentRequest(bytes: rest.bytes, offset: rest.offset + count)
        case .needsInput: table[slot].isCrossed = true
        case .failed, .broken:
            // The answer may already be here, and says more than the failed write.
            table[slot].isSending = false
            unsent[slot] = nil
            receive(slot, now: Clock.now(), untilEnd: true)
        }
    }

    private func write(_ slot: Int, _ bytes: [UInt8], from start: Int) -> Written {
        if let channel = table[slot].channel { return channel.send(bytes, from: start) }
        while true {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(
                    table[slot].descriptor, $0.baseAddress! + start, $0.count - start,
                    Int32(MSG_NOSIGNAL))
            }
            if count >= 0 { return .bytes(count) }
            let code = errno
            if code == EAGAIN { return .bytes(0) }
            if code != EINTR { return .failed(errno: code) }
        }
    }

    // MARK: Receiving

    /// Reads what is there. On a plain socket a short read means that nothing is left, unless the peer is done.
    func receive(_ slot: Int, now: Instant, untilEnd: Bool) {
        let generation = table[slot].generation
        while table[slot].state == .active, table[slot].generation == generation {
            var stamp: Int64 = 0
            switch read(slot, &stamp) {
            case .bytes(let count):
                let bytes = unsafe UnsafeRawBufferPointer(
                    start: context.receiveBuffer.bytes, count: count)
                unsafe consume(slot, bytes, stamp: stamp, now: now)
                if table[slot].isQuiet, table[slot].state == .active {
                    // The rest of a large answer is to be heard of; some may have come just now.
                    setListens(slot)
                    continue
                }
                let isDrained = table[slot].channel == nil && count < ReceiveBuffer.capacity
                if isDrained, !untilEnd { return }
            case .wouldBlock: return
            case .needsOutput:
                table[slot].isCrossed = true
                return
            case .end: return ended(slot)
            case .failed(errno: 0): return closedEarly(slot)
            case .failed(let code):
                table[slot].request.detail = .system(errno: code)
                return finish(slot, .ofTransfer(errno: code), at: Clock.now())
            case .broken(let detail): return broken(slot, detail)
            }
        }
    }

    private func read(_ slot: Int, _ stamp: inout Int64) -> Received {
        let buffer = unsafe context.receiveBuffer.bytes
        if let channel = table[slot].channel {
            return unsafe channel.receive(into: buffer, capacity: ReceiveBuffer.capacity)
        }
        while true {
            let count = unsafe linux_receive_stamped(
                table[slot].descriptor, buffer, ReceiveBuffer.capacity, &stamp)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            let code = errno
            if code == EAGAIN { return .wouldBlock }
            if code != EINTR { return .failed(errno: code) }
        }
    }

    private func consume(
        _ slot: Int, _ bytes: UnsafeRawBufferPointer, stamp: Int64, now: Instant
    ) {
        table[slot].request.bytesReceived += bytes.count
        table[slot].reads = min(table[slot].reads + 1, 2)
        if table[slot].request.firstByte == .notYet {
            if cameBefore(slot, stamp, now) {
                table[slot].request.detail = .cameBefore
                return finish(slot, .protocolError, at: Clock.now())
            }
            table[slot].request.firstByte = max(now, table[slot].request.sendStart)
        }
        let (state, left) = unsafe parse(slot, bytes)
        if table[slot].parser.bodyBytes > options.bodyMax {
            return finish(slot, .bodyLimit, at: Clock.now())
        }
        switch state {
        case .more: break
        case .failed(let failure):
            table[slot].request.detail = .malformed(failure.rawValue)
            finish(slot, .protocolError, at: Clock.now())
        case .complete:
            complete(slot, at: endOfAnswer(slot, stamp, now), leftOver: left)
        }
    }

    /// - Returns: where the answer stands, and how many bytes follow it.
    private func parse(
        _ slot: Int, _ bytes: UnsafeRawBufferPointer
    ) -> (ResponseParser.State, leftOver: Int) {
        if !table[slot].isStashed {
            let isAtHead = table[slot].parser.isAtHead
            if isAtHead, let known = unsafe memory.recall(bytes, for: table[slot].parser) {
                table[slot].parser = known
                return (.complete, 0)
            }
            let (state, used) = unsafe table[slot].parser.consume(bytes)
            if isAtHead, used == bytes.count, case .complete = state {
                unsafe memory.keep(bytes, table[slot].parser)
            }
            if state.needsMore, used < bytes.count {
                unsafe stashes[slot] = Array(bytes[used...])
                table[slot].isStashed = true
            }
            return (state, bytes.count - used)
        }
        var stash = stashes[slot] ?? []
        stashes[slot] = nil
        unsafe stash.append(contentsOf: bytes)
        let (state, used) = unsafe stash.withUnsafeBytes { unsafe table[slot].parser.consume($0) }
        let left = stash.count - used
        table[slot].isStashed = state.needsMore && left > 0
        if table[slot].isStashed {
            stash.removeFirst(used)
            stashes[slot] = stash
        }
        return (state, left)
    }

    /// Whether bytes were here before the request went out, and so are no answer to it. Only a stamp tells.
    private func cameBefore(_ slot: Int, _ stamp: Int64, _ now: Instant) -> Bool {
        guard stamp > 0 else { return false }
        let arrival = Instant(nanoseconds: stamp + context.wallOffset(at: now))
        let sent = table[slot].request.sendStart
        // After a step of the wall clock nobody knows.
        return arrival + TransportContext.stampNoise < sent && context.lastStep < sent
    }

    /// The kernel's stamp of the last segment where there is one, else our clock.
    private func endOfAnswer(_ slot: Int, _ stamp: Int64, _ now: Instant) -> Instant {
        guard stamp > 0 else { return Clock.now() }
        table[slot].request.stamped = true
        let end = Instant(nanoseconds: stamp + context.wallOffset(at: now))
        let latest = end > now ? min(end, Clock.now()) : end
        return max(latest, table[slot].request.sendStart)
    }

    private func complete(_ slot: Int, at end: Instant, leftOver: Int) {
        let connection = table[slot].parser
        table[slot].request.firstByte = min(table[slot].request.firstByte, end)
        let size = table[slot].request.bytesReceived
        if connector == nil { learn(slot, end) }
        // Our own clock tells when we looked, not when the answer came.
        if table[slot].request.stamped, end > deadline(of: slot) {
            return finish(slot, .timeout, at: end)
        }
        let isReusable =
            connection.keepsAlive && leftOver == 0 && !table[slot].isSending
            && table[slot].peer >= 0
        guard isReusable else { return finish(slot, .ok, at: end) }
        finishKeeping(slot, at: end)
        // A read of TLS gives one record; a further one that came along would not be reported again.
        let socket = table[slot].descriptor
        if table[slot].channel?.endExchange(on: socket, size: size) == true {
            receiveIdle(slot)
        }
    }

    /// TLS itself failed on a connection that was up: a record that nobody can read, or an alert.
    func broken(_ slot: Int, _ detail: FailureDetail) {
        if case .curl = detail, let channel = table[slot].channel { failureText = channel.curlText }
        table[slot].request.detail = detail
        finish(slot, .tls, at: Clock.now())
    }

    private func ended(_ slot: Int) {
        if table[slot].parser.end() { return complete(slot, at: Clock.now(), leftOver: 0) }
        closedEarly(slot)
    }

    private func closedEarly(_ slot: Int) {
        table[slot].request.detail = .closedEarly
        let outcome = table[slot].request.bytesReceived == 0 ? Outcome.reset : .truncated
        finish(slot, outcome, at: Clock.now())
    }

    /// Whatever arrives on an idle connection ends it, except a TLS record without data (a session ticket).
    func receiveIdle(_ slot: Int) {
        var stamp: Int64 = 0
        switch read(slot, &stamp) {
        case .wouldBlock: break
        case .needsOutput: table[slot].isCrossed = true
        case .bytes, .end, .failed, .broken: close(slot)
        }
    }
}
