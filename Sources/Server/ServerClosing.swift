import Glibc
import HTTP1
import Reactor
import Time

/// How connections end, and by when.
extension Server {
    func beginClosing(_ key: EventKey, _ connection: ClientConnection, _ now: Instant) {
        connection.state = .closing
        connection.pending = []
        _ = shutdown(connection.socket.number, Int32(SHUT_WR))
        setDeadline(connection, now + min(limits.request, .seconds(2)))
        watch(key, connection, .input)
    }

    func discard(_ key: EventKey, _ connection: ClientConnection) {
        switch Socket.receive(connection.socket.number, into: &received) {
        case .bytes(let count):
            connection.discarded += count
            if connection.discarded > 262_144 { drop(key, connection) }
        case .wouldBlock: break
        case .end, .failed: drop(key, connection)
        }
    }

    func drop(_ key: EventKey, _ connection: ClientConnection) {
        endAnswer(connection)
        connection.onWritten = nil
        loop.unregister(connection.socket.number)
        table.remove(key)
        if table.count == 0, let sweep {
            loop.cancel(sweep.timer)
            self.sweep = nil
        }
        listen(true)
    }

    func watch(_ key: EventKey, _ connection: ClientConnection, _ interest: Readiness) {
        guard connection.interest != interest else { return }
        connection.interest = interest
        do throws(SystemError) {
            try loop.change(connection.socket.number, interest, owner: owner, key: key)
        } catch {
            drop(key, connection)
        }
    }

    // MARK: Deadlines

    func setDeadline(_ connection: ClientConnection, _ deadline: Instant) {
        connection.deadline = deadline
        armSweep(deadline)
    }

    /// One timer for all connections, at the earliest deadline it has been told of. A deadline that
    /// moves back leaves the timer alone: it comes once too often, finds nothing due and goes for
    /// the next one.
    func armSweep(_ deadline: Instant) {
        if let sweep, sweep.at <= deadline { return }
        if let sweep { loop.cancel(sweep.timer) }
        let timer = loop.schedule(at: deadline) { [weak self] now in self?.sweepDue(now) }
        sweep = (deadline, timer)
    }

    private func sweepDue(_ now: Instant) {
        sweep = nil
        for (key, connection) in table.entries where connection.deadline <= now {
            timeOut(key, connection, now)
        }
        if let next = table.entries.map(\.connection.deadline).min() { armSweep(next) }
    }

    private func timeOut(_ key: EventKey, _ connection: ClientConnection, _ now: Instant) {
        guard connection.state == .receiving, connection.began != nil else {
            if connection.state == .answering { counts.timedOut += 1 }
            return drop(key, connection)
        }
        counts.timedOut += 1
        let text = "408 Request Timeout: the request was not complete after \(limits.request)\n"
        answer(.text(text, status: 408), to: nil, closes: true, key, connection, now)
    }
}
