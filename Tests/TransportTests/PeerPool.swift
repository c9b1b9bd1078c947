import Properties
import Reactor

@testable import Transport

/// A pool of connections that exist only in the mind, to drive a `PeerTable` as the direct transport does.
struct PeerPool {
    enum Manner: CaseIterable {
        /// Answers after a while, and keeps its connections.
        case answers
        /// Answers after a while, and closes.
        case closes
        case refuses, hangs
    }

    private struct Slot {
        var peer: Int32 = -1
        var isOpen = false
        var isIdle = false
    }

    let connections: Int
    private(set) var table: PeerTable
    var manners: [SocketAddress: Manner] = [:]
    /// Requests by address since the addresses last changed.
    private(set) var given: [SocketAddress: Int] = [:]
    private(set) var opened = 0
    private var slots: [Slot]
    /// Each address' idle slots, the newest last.
    private var idle: [SocketAddress: [Int]] = [:]
    /// What a `PeerTable` must never do.
    private(set) var faults: [String] = []

    init(connections: Int, _ addresses: [SocketAddress]) {
        self.connections = connections
        table = PeerTable(connections: connections)
        slots = Array(repeating: Slot(), count: connections)
        setPeers(addresses)
    }

    static func addresses(_ numbers: Range<Int>) -> [SocketAddress] {
        numbers.map { SocketAddress(ip: "127.0.1.\($0)", port: 80)! }
    }

    var openCount: Int { slots.count(where: \.isOpen) }
    var busy: [Int] { slots.indices.filter { slots[$0].isOpen && !slots[$0].isIdle } }

    func held(_ address: SocketAddress) -> Int {
        slots.count { $0.isOpen && $0.peer >= 0 && table[Int($0.peer)] == address }
    }

    /// How far apart the addresses' numbers of requests are.
    var unevenness: Int {
        let counts = (0..<table.count).map { given[table[$0]] ?? 0 }
        return (counts.max() ?? 0) - (counts.min() ?? 0)
    }

    // MARK: What happens

    /// Starts one request.
    @discardableResult
    mutating func start(mayOpen: Bool = true, mayOpenYet: Bool = true) -> PeerTable.Choice {
        let choice = table.next(
            hasRoom: openCount < connections, mayOpen: mayOpen, mayOpenYet: mayOpenYet)
        switch choice {
        case .reuse(let slot):
            if !slots[slot].isOpen || !slots[slot].isIdle { faults.append("reuses \(slot)") }
            if idle[address(slot)]?.popLast() != slot { faults.append("not the newest") }
            slots[slot].isIdle = false
            begin(slot)
        case .open(let peer, let closing):
            if let closing {
                if !slots[closing].isIdle { faults.append("closes a busy one") }
                if idle[address(closing)]?.first != closing { faults.append("not the oldest") }
                close(closing)
            }
            guard let slot = slots.firstIndex(where: { !$0.isOpen }) else {
                faults.append("opens one too many")
                break
            }
            if peer < 0 { break }
            slots[slot] = Slot(peer: peer, isOpen: true)
            table.opened(peer)
            opened += 1
            begin(slot)
        case .full: if slots.contains(where: \.isIdle) { faults.append("full beside an idle one") }
        case .collectFirst, .tooEarly: break
        }
        if table.idleCount != slots.count(where: \.isIdle) { faults.append("idle count") }
        return choice
    }

    private func address(_ slot: Int) -> SocketAddress { table[Int(slots[slot].peer)] }

    private mutating func begin(_ slot: Int) {
        given[address(slot), default: 0] += 1
        if manners[address(slot)] == .refuses { close(slot) }
    }

    /// Ends the request of a busy slot, unless its peer hangs.
    mutating func end(_ slot: Int) {
        let isGone = slots[slot].peer < 0
        switch isGone ? .closes : manners[address(slot)] ?? .answers {
        case .hangs: break
        case .answers:
            slots[slot].isIdle = true
            idle[address(slot), default: []].append(slot)
            table.park(slot, slots[slot].peer)
        case .closes, .refuses: close(slot)
        }
    }

    mutating func endAll() { for slot in busy { end(slot) } }

    private mutating func close(_ slot: Int) {
        let peer = slots[slot].peer
        if slots[slot].isIdle {
            idle[address(slot)]?.removeAll { $0 == slot }
            table.unpark(slot, peer)
        }
        table.closed(peer)
        slots[slot] = Slot()
    }

    /// An idle connection ends from the other side.
    mutating func closeOneIdle(_ random: inout Seeded) {
        let idle = slots.indices.filter { slots[$0].isIdle }
        if !idle.isEmpty { close(random.pick(idle)) }
    }

    mutating func setPeers(_ addresses: [SocketAddress]) {
        guard let numbers = table.replace(addresses) else { return }
        given = [:]
        idle = idle.filter { addresses.contains($0.key) }
        for slot in slots.indices where slots[slot].peer >= 0 {
            slots[slot].peer = numbers[Int(slots[slot].peer)]
            if slots[slot].peer < 0, slots[slot].isIdle { slots[slot] = Slot() }
        }
    }
}
