import Reactor
package import Time

/// Answers that wait in the kernel (`LateReceive`). A quiet socket has a high low-water mark (`SO_RCVLOWAT`): the
/// kernel does not report a small answer on it, but a large one, an end and a reset as ever. So a sleep hears all that
/// would change if it was read later.
extension DirectTransport {
    /// Larger answers are reported: unread, they would fill the kernel's window and stop the target.
    private static let quietBytes: Int32 = 16 * 1_024
    /// With more of them in flight, looking at each would cost more than being woken by each.
    private static let waitingMax = 32

    /// Before a request goes out on a used connection: whether its answer waits.
    func setWaits(_ slot: Int, ifAllowed isAllowed: Bool) {
        let waits =
            isAllowed && lateReceive.isTrusted && !table[slot].request.isSample
            && waiting < Self.waitingMax
        table[slot].request.waited = waits
        if waits { waiting += 1 }
        guard table[slot].isQuiet != waits else { return }
        table[slot].isQuiet = waits
        Socket.setLowWaterMark(table[slot].descriptor, waits ? Self.quietBytes : 1)
    }

    /// While a request is in flight: its answer is reported from here on, also what is there by now.
    func setListens(_ slot: Int) {
        table[slot].isQuiet = false
        waiting -= 1
        Socket.setLowWaterMark(table[slot].descriptor, 1)
    }

    package func receiveLate(startedBefore now: Instant) {
        guard waiting > 0 else { return }
        forEachWaiting(startedBefore: now) { receive($0, now: $1, untilEnd: false) }
    }

    package func receiveAtOnce() {
        guard waiting > 0 else { return }
        forEachWaiting(startedBefore: .distantFuture) { slot, now in
            setListens(slot)
            receive(slot, now: now, untilEnd: false)
        }
    }

    /// The oldest first, as far as they started before an instant.
    private func forEachWaiting(
        startedBefore limit: Instant, _ body: (Int, _ now: Instant) -> Void
    ) {
        let now = Clock.now()
        var left = waiting
        var next = ages.oldest
        while left > 0, let slot = next, table[slot].request.actualStart < limit {
            next = ages.next(after: slot)
            guard table[slot].isQuiet else { continue }
            left -= 1
            body(slot, now)
        }
    }

    /// An answer is complete: what it says about those to come.
    func learn(_ slot: Int, _ end: Instant) {
        let request = table[slot].request
        guard isSampling, !request.opened else { return }
        lateReceive.answered(
            waited: request.waited, isSample: request.isSample,
            isSimple: request.stamped && table[slot].reads == 1,
            serviceTime: end - request.actualStart)
    }
}
