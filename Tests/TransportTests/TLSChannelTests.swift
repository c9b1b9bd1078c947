import COpenSSL
import Glibc
import Reactor
import TestSupport
import Testing
import Time

@testable import Transport

/// TLS on a connection that is up: records that nobody can read, reads that must write first, writes that must read.
struct TLSChannelTests {
    /// The answers before the record are whole ones, and part of one.
    @Test(arguments: [0, 1, 2], ["", "HTTP/1.1 200 OK\r\nContent-Le"])
    func `a record that nobody can decrypt is tls`(_ before: Int, _ part: String) throws {
        try withServer({ connection throws(Hangup) in
            for _ in 0..<before {
                try connection.readRequest()
                try connection.send(plainAnswer)
            }
            try connection.readRequest()
            try connection.send(part + "BREAK")
            try connection.hang()
        }) { server in
            let name = "b\(server.port).ballast.test"
            let harness = try TransportHarness(.directTLS, port: server.port, name: name)
            for _ in 0..<2 {
                for _ in 0..<before { #expect(try harness.exchange().outcome == .ok) }
                let one = try harness.exchange()
                #expect(one.outcome == .tls)
                #expect(one.bytesReceived == part.utf8.count)
                let text = harness.transport.describe(one)
                #expect(text.contains("decryption failed or bad record mac"), "\(text)")
                #expect(harness.transport.connections == ConnectionCounts())
            }
            #expect(server.seen.connections == 2)
        }
    }

    @Test func `a broken record on an idle connection closes it, and is nobody's answer`() throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send(plainAnswer)
            if connection.number == 0 {
                try connection.send("BREAK")
                try connection.hang()
            }
            try connection.serve(plainAnswer)
        }) { server in
            let name = "b\(server.port).ballast.test"
            let harness = try TransportHarness(.directTLS, port: server.port, name: name)
            #expect(try harness.exchange().outcome == .ok)
            try harness.run(untilTrue: { harness.transport.connections.idle == 0 })
            #expect(try harness.exchange().outcome == .ok)
        }
    }

    /// OpenSSL reads ahead as much as its buffer takes. Where an answer ends just with that, what follows is still the
    /// kernel's, and no event will tell of it.
    @Test func `bytes behind a large answer close its connection, wherever OpenSSL's buffer ends`()
        throws
    {
        let sizes = Array(stride(from: 8_300, through: 8_370, by: 5))
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nEND")
            try connection.readRequest()
            // Three records of this size: two are the answer.
            let size = sizes[connection.number]
            let head = "HTTP/1.1 200 OK\r\nContent-Length: \(2 * size - 42)\r\n\r\n"
            precondition(head.utf8.count == 42)
            let body = [UInt8](repeating: 0x61, count: 3 * size - head.utf8.count - 3)
            try connection.send(Array(head.utf8) + body + Array("END".utf8))
            try connection.hang()
        }) { server in
            let name = "r\(server.port).ballast.test"
            let harness = try TransportHarness(.directTLS, port: server.port, name: name)
            for size in sizes {
                let first = try harness.exchange()
                #expect(first.outcome == .ok)
                try #require(first.opened, "at \(size)")
                let second = try harness.exchange()
                #expect(second.outcome == .ok)
                #expect(!second.opened)
            }
        }
    }

    /// An idle TLS 1.2 connection that OpenSSL serves, and that will negotiate anew with its next read or write.
    private static func withRenegotiation(
        _ body: (HostileServer, TransportHarness, DirectTransport, OpaquePointer) throws -> Void
    ) throws {
        let ground = try TLSGround.shared.get()
        try withServer({ connection throws(Hangup) in try connection.serve(plainAnswer) }) {
            server in
            let harness = try TransportHarness(.directTLS, port: server.port, ground: .client) {
                $0.connections = 1
                $0.inFlight = 1
                $0.tls?.certificate = ground.certificate("client")
                $0.tls?.key = ground.key("client")
            }
            let transport = try #require(harness.transport as? DirectTransport)
            for _ in 0..<2 { #expect(try harness.exchange().outcome == .ok) }
            let channel = try #require(transport.table[0].channel)
            guard let session = unsafe channel.session else {
                throw GroundFailure(text: "OpenSSL does not serve the connection")
            }
            #expect(unsafe SSL_renegotiate(session) == 1)
            try unsafe body(server, harness, transport, session)
        }
    }

    @Test func `a write that must read first goes on when there is input`() throws {
        try unsafe Self.withRenegotiation { server, harness, transport, session in
            // The server's part of the handshake is not to be seen yet.
            var (near, far): (OpaquePointer?, OpaquePointer?)
            #expect(unsafe BIO_new_bio_pair(&near, 0, &far, 0) == 1)
            defer { unsafe BIO_free(far) }
            unsafe SSL_set0_rbio(session, near)
            #expect(unsafe SSL_do_handshake(session) == -1)
            try harness.mustStart()
            #expect(transport.table[0].isSending)
            let descriptor = transport.table[0].descriptor
            unsafe SSL_set0_rbio(session, BIO_new_socket(descriptor, BIO_NOCLOSE))
            // The socket is never reported as writable again: it always was.
            let limit = Clock.now() + .seconds(10)
            while transport.table[0].state == .active, Clock.now() < limit {
                var entry = pollfd(
                    fd: transport.table[0].descriptor, events: Int16(POLLIN), revents: 0)
                guard unsafe poll(&entry, 1, 10_000) == 1 else { break }
                transport.ready(transport.table[0].key(0), .input, now: Clock.now())
            }
            #expect(transport.table[0].state == .idle)
            #expect(try harness.run(until: 1)[0].outcome == .ok)
            #expect(server.seen.requests.count == 3)
            #expect(server.seen.connections == 1)
        }
    }

    @Test func `a read that must write first goes on when there is room`() throws {
        try unsafe Self.withRenegotiation { _, harness, transport, session in
            // A pipe of 16 bytes instead of the socket, so that room comes and goes as the test wants it.
            var (near, far): (OpaquePointer?, OpaquePointer?)
            #expect(unsafe BIO_new_bio_pair(&near, 16, &far, 16) == 1)
            unsafe SSL_set0_wbio(session, near)
            defer { unsafe BIO_free(far) }
            let key = transport.table[0].key(0)
            transport.ready(key, .input, now: Clock.now())
            #expect(unsafe BIO_ctrl_pending(far) == 16)
            #expect(transport.table[0].state == .idle)
            var bytes = [UInt8](repeating: 0, count: 16)
            #expect(unsafe BIO_read(far, &bytes, 16) == 16)
            transport.ready(key, .output, now: Clock.now())
            #expect(unsafe BIO_ctrl_pending(far) == 16)
            // The same with a request in flight.
            try harness.mustStart()
            #expect(transport.table[0].isSending)
            for _ in 0..<3 {
                #expect(unsafe BIO_read(far, &bytes, 16) == 16)
                transport.ready(key, .output, now: Clock.now())
                #expect(unsafe BIO_ctrl_pending(far) == 16)
            }
            transport.cancelAll(now: Clock.now())
            #expect(try harness.run(until: 1)[0].outcome == .canceled)
        }
    }
}
