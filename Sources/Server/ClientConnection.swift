import HTTP1
import Reactor
import Time

/// One client's connection and how far it is.
final class ClientConnection {
    enum State: Equatable {
        /// Waits for a request or for the rest of one.
        case receiving
        /// Owes the client the rest of an answer.
        case answering
        /// Has said its last word and passes over what the client still sends. Closing at once with
        /// unread bytes would reset the connection and take the answer from the client.
        case closing
    }

    let socket: FileDescriptor
    var state = State.receiving
    var parser: RequestParser
    /// Bytes received beyond the current request.
    var pending: ArraySlice<UInt8> = []
    /// When the current request's first byte was read; nil between requests.
    var began: Instant?
    /// Since when the connection has waited for a request: who waits longest gives way.
    var waitingSince: Instant
    var deadline: Instant
    var hasAnswered = false

    var output: [UInt8] = []
    var written = 0
    var closesAfterAnswer = false
    var isLimited = false
    var onWritten: (() -> Void)?
    /// What the loop reports now.
    var interest: Readiness = .input
    /// Bytes passed over while closing.
    var discarded = 0

    init(
        _ socket: consuming FileDescriptor, limits: RequestParser.Limits, now: Instant,
        deadline: Instant
    ) {
        self.socket = socket
        parser = RequestParser(limits: limits)
        waitingSince = now
        self.deadline = deadline
    }
}

/// The places for connections: an index names a place, its generation the guest.
struct ClientTable {
    private var places: [ClientConnection?]
    private var generations: [UInt16]
    private(set) var count = 0

    init(capacity: Int) {
        places = Array(repeating: nil, count: capacity)
        generations = Array(repeating: 0, count: capacity)
    }

    var isFull: Bool { count == places.count }

    /// The guest that an event is meant for; nil when he has left.
    subscript(key: EventKey) -> ClientConnection? {
        let index = Int(key.index)
        guard index < places.count, generations[index] == key.generation else { return nil }
        return places[index]
    }

    /// Needs a free place.
    mutating func insert(_ connection: ClientConnection) -> EventKey {
        let index = places.firstIndex { $0 == nil }!
        places[index] = connection
        count += 1
        return EventKey(index: UInt32(index), generation: generations[index])
    }

    mutating func remove(_ key: EventKey) {
        guard self[key] != nil else { return }
        places[Int(key.index)] = nil
        generations[Int(key.index)] &+= 1
        count -= 1
    }

    /// All guests.
    var entries: [(key: EventKey, connection: ClientConnection)] {
        places.indices.compactMap { index in
            places[index].map {
                (EventKey(index: UInt32(index), generation: generations[index]), $0)
            }
        }
    }
}
