import Glibc
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
    var request = Exchange()

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

/// The last answer that arrived whole in one piece. A service says the same thing many times, byte for byte within a
/// second: comparing is cheaper than parsing, and the same bytes mean the same.
@safe final class AnswerMemory {
    /// Longer answers are parsed each time: comparing them would cost what parsing their head does.
    private static let countMax = 1_024

    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: countMax, alignment: 8)
    private var count = 0
    private var parsed = ResponseParser()

    deinit { unsafe bytes.deallocate() }

    /// - Parameter parser: about to read the answer.
    /// - Returns: a parser that has read these very bytes; nil when the last answer's were others.
    func recall(
        _ answer: UnsafeRawBufferPointer, for parser: ResponseParser
    ) -> ResponseParser? {
        // The head of an answer to HEAD is only a part of one to GET.
        guard answer.count == count, parser.answersHEAD == parsed.answersHEAD,
            let start = answer.baseAddress,
            unsafe memcmp(bytes, start, count) == 0
        else { return nil }
        return parsed
    }

    /// - Parameter parser: after it has read all of `answer`, and nothing else.
    func keep(_ answer: UnsafeRawBufferPointer, _ parser: ResponseParser) {
        guard answer.count <= Self.countMax, let start = answer.baseAddress else { return }
        unsafe bytes.copyMemory(from: start, byteCount: answer.count)
        count = answer.count
        parsed = parser
    }
}

/// What a write on a connection brought.
enum Written {
    /// So many were taken; 0 when it would block.
    case bytes(Int)
    /// TLS must read before it can write on.
    case needsInput
    case failed(errno: Int32)
    /// TLS itself failed.
    case broken(FailureDetail)
}

/// What a read on a connection brought.
enum Received {
    case bytes(Int)
    case wouldBlock
    /// TLS must write before it can read on.
    case needsOutput
    case end
    case failed(errno: Int32)
    case broken(FailureDetail)
}

/// A request that a socket did not take whole. It keeps the very bytes it began with: OpenSSL insists on that.
struct UnsentRequest {
    let bytes: [UInt8]
    var offset: Int
}
