import CCurl
import Reactor

/// The addresses of a curl load, whose turn it is, and what each of them has. Requests take turns over the addresses,
/// so that one which fails at once, hangs or is new gets its even share of them; each holds an even share of the
/// connections, and one that holds more gives an idle one up to another that is in turn.
struct CurlPeers {
    /// How the next request gets its connection.
    enum Choice: Equatable {
        case use(Int)
        case open(Int)
        /// An idle connection of `from` gives way to a new one to the other.
        case replace(Int, from: Int)
        case collectFirst
        case full
        case tooEarly
    }

    struct Peer {
        /// Nil for the Unix socket.
        let address: SocketAddress?
        /// What steers libcurl to it.
        let steering: CurlSteering
        /// Requests that were given to it and have not ended.
        var inFlight = 0
        /// Open sockets, without those that the peer has closed.
        var sockets = 0
    }

    private(set) var list: [Peer] = []
    private var turn = 0
    private let connections: Int
    /// Requests that one connection carries at a time.
    private let perConnection: Int

    init(connections: Int, perConnection: Int) {
        self.connections = connections
        self.perConnection = perConnection
    }

    var addresses: [SocketAddress?] { list.map(\.address) }

    private var share: Int { connections / list.count }
    private var leftOver: Int { connections % list.count }

    /// Takes the turn of the next request. Without addresses there is none to take.
    /// - Parameters:
    ///   - open: how many sockets there are, those to former addresses included.
    ///   - mayOpen: false while answers may wait uncollected.
    ///   - mayOpenYet: false while the time for a new connection has not come.
    mutating func next(open: Int, mayOpen: Bool, mayOpenYet: Bool) -> Choice {
        var isTooEarly = false
        for step in 0..<list.count {
            let peer = (turn + step) % list.count
            if list[peer].inFlight < list[peer].sockets * perConnection {
                turn = peer + 1
                return .use(peer)
            }
            guard mayOpen else { return .collectFirst }
            guard let choice = room(for: peer, open: open) else { continue }
            guard mayOpenYet else {
                isTooEarly = true
                continue
            }
            turn = peer + 1
            return choice
        }
        return isTooEarly ? .tooEarly : .full
    }

    private func room(for peer: Int, open: Int) -> Choice? {
        let held = list[peer].sockets
        let (share, leftOver) = (share, leftOver)
        guard held < share || (held == share && leftOver > 0) else { return nil }
        let isLeft = held < share || list.count { $0.sockets > share } < leftOver
        if open < connections, isLeft { return .open(peer) }
        // One stream after the other on ever new connections would be worse than an address without any.
        guard perConnection == 1 || share > 0 else { return nil }
        let giving = list.indices.filter { list[$0].sockets > share && idle($0) > 0 }
        return giving.max { list[$0].sockets < list[$1].sockets }.map { .replace(peer, from: $0) }
    }

    /// At least so many connections of a peer carry nothing.
    private func idle(_ peer: Int) -> Int { list[peer].sockets - list[peer].inFlight }

    // MARK: What the owner tells

    // Peer -1 is an address that is no longer the target's.

    mutating func began(_ peer: Int32) { if peer >= 0 { list[Int(peer)].inFlight += 1 } }

    mutating func ended(_ peer: Int32) { if peer >= 0 { list[Int(peer)].inFlight -= 1 } }

    mutating func opened(_ peer: Int32) { if peer >= 0 { list[Int(peer)].sockets += 1 } }

    mutating func closed(_ peer: Int32) { if peer >= 0 { list[Int(peer)].sockets -= 1 } }

    /// Takes in the addresses of the target. Those that stay keep their place and what they have; new ones come behind.
    /// - Returns: the new number of each former peer, -1 for one that is gone; nil when nothing changes.
    mutating func replace(
        _ addresses: [SocketAddress?], steering: (SocketAddress?) -> CurlSteering
    ) -> [Int32]? {
        let known = list
        let added = addresses.filter { address in !known.contains { $0.address == address } }
        let staying = known.filter { addresses.contains($0.address) }
        guard !added.isEmpty || staying.count < known.count else { return nil }
        list = staying + added.map { Peer(address: $0, steering: steering($0)) }
        return known.map { former in
            Int32(staying.firstIndex { $0.address == former.address } ?? -1)
        }
    }
}

/// What makes libcurl connect to one address and no other, whatever the URL says. Connections are reused only for the
/// same way, except to a proxy that is asked by https: its name must stay for its certificate.
final class CurlSteering {
    private(set) var connectTo: HeaderList?
    private(set) var resolve: HeaderList?
    /// With an explicit port: libcurl's own would be 1080 for http.
    private(set) var proxy: String?

    /// - Parameter address: nil for a Unix socket.
    init(_ curl: CurlOptions, to address: SocketAddress?) {
        guard let address, curl.unix == nil else { return }
        let host = address.family == AF_INET6 ? "[\(address.host)]" : address.host
        guard let text = curl.proxy else {
            // A literal leads nowhere else.
            if SocketAddress(ip: curl.resolvedHost, port: curl.resolvedPort) == address { return }
            connectTo = HeaderList(["::\(host):\(address.port)"])
            return
        }
        let isNamed = text.hasPrefix("https://")
        let url = CurlURL(text)
        url.set(CURLUPART_PORT, "\(address.port)")
        if isNamed {
            let name = curl.resolvedHost
            resolve = HeaderList(["\(name):\(address.port):\(host)"])
        } else {
            url.set(CURLUPART_HOST, host)
        }
        proxy = url.get(CURLUPART_URL)
    }
}
