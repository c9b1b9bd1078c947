import Reactor

/// The addresses of a target, whose turn it is, and the connections that each of them holds.
///
/// Requests take turns over the addresses, so that one which fails at once, hangs or is new gets its even share, no
/// more and no less. To keep room for that, the connections are shared out evenly too: an address holds `share` of
/// them, and one more while some are left over. Whoever holds most beyond that gives way, with its oldest idle
/// connection, to one that is in turn and holds less. Only an address that can have no connection is passed over.
///
/// Peer -1 is an address that is no longer the target's. Nothing here takes longer with more connections.
struct PeerTable {
    /// How the next request gets its connection.
    enum Choice: Equatable {
        case reuse(Int)
        /// A new connection, to peer -1 where there is no address.
        /// - Parameter closing: an idle connection that must give way to it.
        case open(peer: Int32, closing: Int?)
        /// The address in turn has no idle connection, and answers that would free one may wait uncollected.
        case collectFirst
        /// No address may have one more connection.
        case full
        /// One may, but not yet.
        case tooEarly
    }

    private struct Entry {
        let address: SocketAddress
        var held = 0
        var idle = SlotList()
    }

    private var entries: [Entry] = []
    private var links: SlotLinks
    private let connections: Int
    private var turn = 0
    private(set) var idleCount = 0

    /// What each address may hold, and how many may hold one more.
    private var share = 0
    private var leftOver = 0
    /// How many hold more than `share`.
    private var aboveShare = 0

    init(connections: Int) {
        self.connections = connections
        links = SlotLinks(capacity: connections)
    }

    var count: Int { entries.count }

    subscript(_ peer: Int) -> SocketAddress { entries[peer].address }

    // MARK: Whose turn it is

    /// Takes the turn of the next request; the owner does what the answer says.
    /// - Parameters:
    ///   - hasRoom: whether one more connection may be open.
    ///   - mayOpen: false while answers may wait uncollected.
    ///   - mayOpenYet: false while the time for a new connection has not come.
    mutating func next(hasRoom: Bool, mayOpen: Bool, mayOpenYet: Bool) -> Choice {
        var isTooEarly = false
        for step in 0..<entries.count {
            let place = turn + step
            let peer = place < entries.count ? place : place - entries.count
            if let slot = entries[peer].idle.newest {
                unpark(slot, Int32(peer))
                endTurn(of: peer)
                return .reuse(slot)
            }
            guard mayOpen else { return .collectFirst }
            let closing: Int?
            switch room(for: peer, hasRoom) {
            case .none: continue
            case .free: closing = nil
            case .insteadOf(let slot): closing = slot
            }
            guard mayOpenYet else {
                isTooEarly = true
                continue
            }
            endTurn(of: peer)
            return .open(peer: Int32(peer), closing: closing)
        }
        if entries.isEmpty, hasRoom {
            return mayOpen ? .open(peer: -1, closing: nil) : .collectFirst
        }
        return isTooEarly ? .tooEarly : .full
    }

    private mutating func endTurn(of peer: Int) { turn = peer + 1 < entries.count ? peer + 1 : 0 }

    private enum Room {
        case none, free, insteadOf(Int)
    }

    /// Where one more connection to an address would go.
    private func room(for peer: Int, _ hasRoom: Bool) -> Room {
        let held = entries[peer].held
        guard held < share || (held == share && leftOver > 0) else { return .none }
        if hasRoom, held < share || aboveShare < leftOver { return .free }
        guard aboveShare > 0, idleCount > 0 else { return .none }
        var most = share
        var oldest: Int?
        for entry in entries where entry.held > most {
            guard let slot = entry.idle.oldest else { continue }
            most = entry.held
            oldest = slot
        }
        return oldest.map { .insteadOf($0) } ?? .none
    }

    // MARK: What the connections do

    mutating func opened(_ peer: Int32) {
        guard peer >= 0 else { return }
        entries[Int(peer)].held += 1
        if entries[Int(peer)].held == share + 1 { aboveShare += 1 }
    }

    /// - Precondition: the connection is not idle any more.
    mutating func closed(_ peer: Int32) {
        guard peer >= 0 else { return }
        if entries[Int(peer)].held == share + 1 { aboveShare -= 1 }
        entries[Int(peer)].held -= 1
    }

    /// A connection is idle from now on.
    mutating func park(_ slot: Int, _ peer: Int32) {
        links.append(slot, to: &entries[Int(peer)].idle)
        idleCount += 1
    }

    mutating func unpark(_ slot: Int, _ peer: Int32) {
        links.remove(slot, from: &entries[Int(peer)].idle)
        idleCount -= 1
    }

    // MARK: Addresses that come and go

    /// Takes in the addresses of the target. Those that stay keep their place in the turn and their connections; new
    /// ones come behind them.
    /// - Returns: the new number of each former peer, -1 for one that is gone; nil when nothing changes. The idle
    ///   connections of those that are gone are no longer known here: the owner closes them.
    mutating func replace(_ addresses: [SocketAddress]) -> [Int32]? {
        let known = entries.map(\.address)
        guard Set(addresses) != Set(known) else { return nil }
        let staying = Set(addresses)
        var numbers: [Int32] = []
        var kept: [Entry] = []
        var nextTurn = 0
        for (peer, entry) in entries.enumerated() {
            if peer == turn { nextTurn = kept.count }
            guard staying.contains(entry.address) else {
                idleCount -= links.all(of: entry.idle).count
                numbers.append(-1)
                continue
            }
            numbers.append(Int32(kept.count))
            kept.append(entry)
        }
        kept += addresses.filter { !known.contains($0) }.map { Entry(address: $0) }
        entries = kept
        turn = nextTurn < kept.count ? nextTurn : 0
        share = kept.isEmpty ? 0 : connections / kept.count
        leftOver = kept.isEmpty ? 0 : connections % kept.count
        aboveShare = kept.count { $0.held > share }
        return numbers
    }
}
