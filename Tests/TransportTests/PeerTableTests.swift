import Properties
import Reactor
import Testing

@testable import Transport

/// Whose turn it is, and who gives way: pure, without a socket.
struct PeerTableTests {
    @Test func `whatever the addresses do, those that are never full get even shares`() {
        var random = Seeded()
        for _ in 0..<200 {
            let addresses = PeerPool.addresses(1..<random.int(2...8))
            // Each address has room for all that is in flight at once.
            let atOnce = random.int(1...6)
            var pool = PeerPool(connections: atOnce * addresses.count, addresses)
            for address in addresses {
                pool.manners[address] = random.pick([.answers, .closes, .refuses])
            }
            for _ in 0..<300 {
                if pool.busy.count >= atOnce || random.int(0...2) == 0, !pool.busy.isEmpty {
                    pool.end(random.pick(pool.busy))
                } else {
                    pool.start()
                }
                if random.int(0...20) == 0 { pool.closeOneIdle(&random) }
                #expect(pool.unevenness <= 1, "\(random)")
            }
            #expect(pool.faults.isEmpty, "\(random)")
        }
    }

    @Test func `even shares need no more connections than one`() {
        let addresses = PeerPool.addresses(1..<4)
        for connections in 1...4 {
            var pool = PeerPool(connections: connections, addresses)
            for _ in 0..<300 {
                pool.start()
                #expect(pool.unevenness <= 1)
                pool.endAll()
            }
            #expect(pool.faults.isEmpty)
            #expect(pool.opened == 3 || connections < 3)
        }
    }

    @Test func `nobody holds more than its share, and a start waits only when all are full`() {
        var random = Seeded()
        for _ in 0..<300 {
            let addresses = PeerPool.addresses(1..<random.int(2...7))
            let connections = random.int(1...20)
            var pool = PeerPool(connections: connections, addresses)
            let (share, leftOver) = connections.quotientAndRemainder(dividingBy: addresses.count)
            for _ in 0..<200 {
                switch random.int(0...9) {
                case 0...5:
                    if pool.start() == .full {
                        #expect(pool.openCount == connections, "\(random)")
                        #expect(pool.busy.count == connections, "\(random)")
                    }
                case 6...7: if !pool.busy.isEmpty { pool.end(random.pick(pool.busy)) }
                case 8: pool.closeOneIdle(&random)
                default:
                    pool.manners[random.pick(addresses)] = random.pick(PeerPool.Manner.allCases)
                }
                let held = addresses.map { pool.held($0) }
                #expect(held.allSatisfy { $0 <= share + 1 }, "\(random)")
                #expect(held.count { $0 > share } <= leftOver, "\(random)")
            }
            #expect(pool.faults.isEmpty, "\(random)")
        }
    }

    @Test func `one that hangs fills its share, and the others stay even`() {
        let addresses = PeerPool.addresses(1..<4)
        var pool = PeerPool(connections: 12, addresses)
        pool.manners[addresses[1]] = .hangs
        for round in 1...100 {
            for _ in 0..<3 { pool.start() }
            pool.endAll()
            if round <= 4 { #expect(pool.unevenness == 0) }
        }
        let given = addresses.map { pool.given[$0] ?? 0 }
        #expect(given[1] == 4)
        #expect(given[0] + given[2] == 296)
        #expect(abs(given[0] - given[2]) <= 1)
        // When it is well again it gets its share, and nothing to make up for the time before.
        pool.manners[addresses[1]] = .answers
        pool.endAll()
        for _ in 0..<30 {
            pool.start()
            pool.endAll()
        }
        #expect(addresses.map { pool.given[$0]! }[1] == 14)
        #expect(pool.faults.isEmpty)
    }

    @Test func `a new address has its turn at once, though others hold all connections`() {
        let addresses = PeerPool.addresses(1..<4)
        var pool = PeerPool(connections: 8, Array(addresses[..<2]))
        for _ in 0..<8 { pool.start() }
        pool.endAll()
        #expect(pool.openCount == 8)
        pool.setPeers(addresses)
        for _ in 0..<30 {
            pool.start()
            pool.endAll()
        }
        #expect(pool.unevenness == 0)
        #expect(pool.given[addresses[2]] == 10)
        // One connection was enough for it.
        #expect(pool.opened == 9)
        #expect(addresses.map { pool.held($0) }.sorted() == [1, 3, 4])
        #expect(pool.faults.isEmpty)
    }

    @Test func `whoever holds most gives way`() {
        let addresses = PeerPool.addresses(1..<4)
        var pool = PeerPool(connections: 9, Array(addresses[..<2]))
        for _ in 0..<9 { pool.start() }
        pool.endAll()
        #expect(addresses.map { pool.held($0) } == [5, 4, 0])
        pool.setPeers(addresses)
        for _ in 0..<3 { pool.start() }
        #expect(addresses.map { pool.held($0) } == [4, 4, 1])
        #expect(pool.faults.isEmpty)
    }

    @Test func `what an address holds beyond its share is not used up by one that has its own`() {
        let addresses = PeerPool.addresses(1..<4)
        var pool = PeerPool(connections: 9, [addresses[0]])
        for _ in 0..<9 { pool.start() }
        pool.setPeers(addresses)
        // All nine are busy: nobody can give way yet.
        #expect(pool.start() == .full)
        for slot in pool.busy { pool.end(slot) }
        pool.manners = Dictionary(uniqueKeysWithValues: addresses.map { ($0, .hangs) })
        for _ in 0..<9 { pool.start() }
        #expect(pool.start() == .full)
        #expect(addresses.map { pool.held($0) } == [3, 3, 3])
        #expect(pool.faults.isEmpty)
    }

    @Test func `addresses may come and go at any time`() {
        var random = Seeded()
        let all = PeerPool.addresses(1..<9)
        for _ in 0..<300 {
            let connections = random.int(1...20)
            var pool = PeerPool(connections: connections, [])
            #expect(pool.start(mayOpen: false) == .collectFirst)
            #expect(pool.start() == .open(peer: -1, closing: nil))
            for _ in 0..<200 {
                switch random.int(0...9) {
                case 0...4:
                    pool.start(mayOpen: random.int(0...3) > 0, mayOpenYet: random.int(0...3) > 0)
                case 5...7: if !pool.busy.isEmpty { pool.end(random.pick(pool.busy)) }
                case 8:
                    pool.setPeers(
                        all.filter { _ in random.int(0...1) == 0 }.shuffled(using: &random))
                default: pool.manners[random.pick(all)] = random.pick(PeerPool.Manner.allCases)
                }
            }
            #expect(pool.faults.isEmpty, "\(random) \(pool.faults)")
            // Once all of them are well, everybody gets the same again, whatever was.
            pool.manners = [:]
            pool.setPeers([])
            pool.endAll()
            pool.setPeers(Array(all[..<3]))
            for _ in 0..<30 {
                pool.start()
                pool.endAll()
            }
            #expect(pool.unevenness == 0, "\(random)")
            #expect(pool.openCount == min(connections, 3), "\(random)")
        }
    }

    @Test func `those that stay keep their place in the turn`() {
        let addresses = PeerPool.addresses(1..<5)
        var pool = PeerPool(connections: 8, Array(addresses[..<3]))
        pool.start()
        // It is the second one's turn, whoever goes or comes, in whatever order they are named.
        pool.setPeers([addresses[3], addresses[2], addresses[1]])
        pool.start()
        #expect(pool.given == [addresses[1]: 1])
        pool.setPeers([addresses[0], addresses[3], addresses[1]])
        pool.start()
        #expect(pool.given == [addresses[3]: 1])
        pool.setPeers([addresses[1], addresses[3], addresses[0]])
        pool.start()
        #expect(pool.given == [addresses[3]: 1, addresses[0]: 1])
    }

    @Test func `one that must wait for its connection is passed over, but not forgotten`() {
        let addresses = PeerPool.addresses(1..<3)
        var pool = PeerPool(connections: 4, addresses)
        pool.start()
        pool.endAll()
        // The second one's turn: it may not open, so the first one's idle connection is used, if answers are collected.
        #expect(pool.start(mayOpen: false, mayOpenYet: false) == .collectFirst)
        #expect(pool.start(mayOpenYet: false) == .reuse(0))
        #expect(pool.start(mayOpenYet: false) == .tooEarly)
        #expect(pool.start() == .open(peer: 1, closing: nil))
        #expect(pool.faults.isEmpty)
    }
}
