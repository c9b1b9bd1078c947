import Reactor

/// The addresses of a target and how busy each is: the next request goes to the one with the fewest in flight, and
/// among equals to the one that was given the fewest.
struct PeerTable {
    private struct Entry {
        let address: SocketAddress
        var inFlight = 0
        var given = 0
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }

    var addresses: [SocketAddress] { entries.map(\.address) }

    subscript(_ peer: Int) -> SocketAddress { entries[peer].address }

    /// Replaces the addresses; who is busy is counted anew by the owner.
    mutating func replace(_ addresses: [SocketAddress]) {
        entries = addresses.map { Entry(address: $0) }
    }

    /// Where the next request goes; nil without addresses.
    func next() -> Int? {
        guard entries.count > 1 else { return entries.isEmpty ? nil : 0 }
        return entries.indices.min {
            let (a, b) = (entries[$0], entries[$1])
            return (a.inFlight, a.given) < (b.inFlight, b.given)
        }
    }

    // Peer -1 is an address that is no longer the target's. A single one needs no counts.

    mutating func began(_ peer: Int32) {
        guard peer >= 0, entries.count > 1 else { return }
        entries[Int(peer)].inFlight += 1
        entries[Int(peer)].given += 1
    }

    mutating func ended(_ peer: Int32) {
        if peer >= 0, entries.count > 1 { entries[Int(peer)].inFlight -= 1 }
    }
}
