import Glibc
import Reactor
import Testing
import Time

@testable import Transport

/// What libcurl's sockets are to the loop.
struct CurlMultiTests {
    /// A multi and a pair of sockets, the first of which is libcurl's.
    private static func withMulti(
        _ body: (CurlMulti, [Int32], UnsafeMutableRawPointer) throws -> Void
    ) throws {
        let harness = try TransportHarness(.curl, port: 1)
        let client = try #require(harness.transport as? CurlTransport)
        let multi = CurlMulti(loop: harness.loop, endsOnIdleInput: true, client: client)
        let easy = unsafe UnsafeMutableRawPointer(bitPattern: 8)!  // only handed through
        var pair: [Int32] = [-1, -1]
        #expect(unsafe socketpair(AF_UNIX, 1, 0, &pair) == 0)
        defer { for socket in pair { close(socket) } }
        // The multi does not hold its client.
        try withExtendedLifetime(client) { try unsafe body(multi, pair, easy) }
    }

    @Test func `an event of an earlier socket does not reach its successor`() throws {
        try unsafe Self.withMulti { multi, pair, easy in
            unsafe multi.watch(pair[0], Self.input, easy)
            let first = try #require(multi.key(of: pair[0]))
            multi.forget(pair[0])
            unsafe multi.watch(pair[0], Self.input, easy)
            let second = try #require(multi.key(of: pair[0]))
            #expect(first != second)
            unsafe multi.watch(pair[0], Self.remove, easy)
            #expect(multi.isIdle(pair[0]))
            multi.ready(first, .peerClosed, now: Clock.now())
            #expect(multi.isIdle(pair[0]))
            multi.ready(second, .peerClosed, now: Clock.now())
            #expect(!multi.isIdle(pair[0]) && multi.key(of: pair[0]) == nil)
        }
    }

    @Test func `only input that is still there ends an idle connection`() throws {
        try unsafe Self.withMulti { multi, pair, easy in
            unsafe multi.watch(pair[0], Self.input, easy)
            unsafe multi.watch(pair[0], Self.remove, easy)
            let key = try #require(multi.key(of: pair[0]))
            // Its transfer has read it, and ended, in the same batch of events.
            multi.ready(key, .input, now: Clock.now())
            #expect(multi.isIdle(pair[0]))
            #expect(Socket.send(pair[1], [1], from: 0) == 1)
            multi.ready(key, .input, now: Clock.now())
            #expect(multi.key(of: pair[0]) == nil)
        }
    }

    /// CURL_POLL_IN and CURL_POLL_REMOVE.
    private static let (input, remove): (Int32, Int32) = (1, 4)
}
