import HTTP1
import Reactor

/// One connection of the direct transport and the request that it carries.
struct Connection {
    enum State: UInt8 {
        case free, connecting, handshaking, active, idle
    }

    var state = State.free
    /// Counts the slot's uses, so that an event of an earlier one is recognised.
    var generation: UInt16 = 0
    var descriptor: Int32 = -1
    /// The index of its address; -1 once that address is no longer the target's.
    var peer: Int32 = -1
    /// Whether TLS waits for input to write on, or for output to read on: then any readiness is worth both.
    var isCrossed = false
    /// Whether part of the request still waits in `DirectTransport.unsent`.
    var isSending = false
    /// Whether an unfinished head waits in `DirectTransport.stashes`.
    var isStashed = false
    /// Whether the kernel keeps quiet about a small answer: its socket's low-water mark is high.
    var isQuiet = false
    /// How many reads the present answer has taken, 2 standing for more.
    var reads: UInt8 = 0
    /// The TLS channel; nil on a plain socket.
    var channel: TLSChannel?
    var parser = ResponseParser()
    var request = Completion()

    func key(_ slot: Int) -> EventKey { EventKey(index: UInt32(slot), generation: generation) }
}

/// A flat table of connections: made once, addressed by index, never copied.
@safe final class ConnectionTable {
    let count: Int
    private let slots: UnsafeMutablePointer<Connection>

    init(count: Int) {
        self.count = count
        unsafe slots = .allocate(capacity: count)
        unsafe slots.initialize(repeating: Connection(), count: count)
    }

    deinit {
        unsafe slots.deinitialize(count: count)
        unsafe slots.deallocate()
    }

    subscript(_ slot: Int) -> Connection {
        unsafeAddress {
            precondition(slot >= 0 && slot < count, "no such connection")
            return unsafe UnsafePointer(slots + slot)
        }
        unsafeMutableAddress {
            precondition(slot >= 0 && slot < count, "no such connection")
            return unsafe slots + slot
        }
    }
}
