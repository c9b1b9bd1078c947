import HTTP1
import Reactor

/// One client: what it sent and was not looked at yet, and what it is still to receive.
final class DemoConnection {
    enum State {
        /// Reads requests.
        case open
        /// An answer waits for its time.
        case delayed
        /// The answer is out and the sending side closed; what still comes is thrown away.
        case draining
    }

    let descriptor: FileDescriptor
    let key: EventKey
    var parser: RequestParser
    var state = State.open
    var answer = DemoAnswer()
    /// Whether the answer counts: pages about the target itself do not.
    var isCounted = false
    /// Bytes that arrived behind the request that is being answered.
    var unread: ArraySlice<UInt8> = []
    /// Whether the socket may hold more bytes than were taken from it.
    var mayRead = true
    /// Whether the client has ended its side; then reads go on until the end shows.
    var peerClosed = false

    private var output: [UInt8] = []
    private var sent = 0
    /// The status that counts as answered once the output has gone out; nil for an interim answer.
    private(set) var outgoingStatus: Int?

    init(_ descriptor: consuming FileDescriptor, key: EventKey, limits: RequestParser.Limits) {
        self.descriptor = descriptor
        self.key = key
        parser = RequestParser(limits: limits)
    }

    var isSending: Bool { sent < output.count }

    func send(_ bytes: [UInt8], status: Int?) {
        output = bytes
        sent = 0
        outgoingStatus = status
    }

    /// Sends what the socket takes.
    /// - Returns: false when the connection is gone.
    func flush() -> Bool {
        while isSending {
            guard let count = Socket.send(descriptor.number, output, from: sent) else {
                return false
            }
            if count == 0 { return true }
            sent += count
        }
        return true
    }
}
