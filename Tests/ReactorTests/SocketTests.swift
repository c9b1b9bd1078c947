import Foundation
import Glibc
import Reactor
import Testing
import Time

@Suite struct SocketTests {
    /// Waits until a pending connect has ended, and says how.
    private func outcome(of attempt: Socket.Attempt) throws -> (descriptor: Int32, errno: Int32) {
        switch attempt {
        case .connected(let descriptor): return (descriptor, 0)
        case .failed(let code): return (-1, code)
        case .pending(let descriptor):
            let loop = try EventLoop()
            let recorder = Recorder()
            let owner = loop.attach(recorder)
            try loop.register(descriptor, .output, owner: owner, key: EventKey(index: 0))
            while recorder.events.isEmpty { loop.turn(until: .distantFuture) }
            return (descriptor, Socket.connectError(descriptor))
        }
    }

    private func accepts(_ listener: Int32) -> Bool {
        if Socket.accept(listener) != nil { return true }
        return false
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func `a listener on a free port takes a connection that carries bytes both ways`(
        ip: String
    ) throws {
        let listener = try Socket.listen(on: try #require(SocketAddress(ip: ip, port: 0)))
        let address = try Socket.localAddress(listener.number)
        #expect(address.port != 0)
        #expect(address.host == ip)
        #expect(!accepts(listener.number), "nobody waits yet")

        let (client, code) = try outcome(of: Socket.connect(to: address, stamped: true))
        let near = FileDescriptor(client)
        #expect(code == 0)
        guard let far = Socket.accept(listener.number) else {
            Issue.record("the connection was not accepted")
            return
        }
        var buffer = [UInt8](repeating: 0, count: 16)
        #expect(Socket.receive(far.number, into: &buffer) == .wouldBlock)
        #expect(Socket.send(near.number, Array("hello".utf8), from: 1) == 4)
        #expect(Socket.receive(far.number, into: &buffer) == .bytes(4))
        #expect(Array(buffer.prefix(4)) == Array("ello".utf8))
        #expect(Socket.send(far.number, [7], from: 0) == 1)
        #expect(Socket.receive(near.number, into: &buffer) == .bytes(1))
    }

    @Test func `a port without a listener refuses`() throws {
        let address: SocketAddress
        do {
            let listener = try Socket.listen(
                on: try #require(SocketAddress(ip: "127.0.0.1", port: 0)))
            address = try Socket.localAddress(listener.number)
        }
        let (descriptor, code) = try outcome(of: Socket.connect(to: address))
        #expect(code == ECONNREFUSED)
        if descriptor >= 0 { _ = close(descriptor) }
    }

    @Test func `a port in use is an error that names the call and the reason`() throws {
        let listener = try Socket.listen(on: try #require(SocketAddress(ip: "127.0.0.1", port: 0)))
        let address = try Socket.localAddress(listener.number)
        let error = #expect(throws: SystemError.self) { _ = try Socket.listen(on: address) }
        #expect(error?.code == EADDRINUSE)
        #expect(error?.description == "bind: Address already in use")
    }

    @Test func `Unix sockets listen, connect and refuse a missing path`() throws {
        let path = NSTemporaryDirectory() + "ballast-\(UUID().uuidString.prefix(8)).sock"
        let address = try #require(SocketAddress(unixPath: path))
        #expect(Socket.connect(to: address) == .failed(errno: ENOENT))
        let listener = try Socket.listen(on: address)
        defer { unsafe unlink(path) }
        let (client, code) = try outcome(of: Socket.connect(to: address, stamped: true))
        #expect(code == 0)
        #expect(accepts(listener.number))
        _ = close(client)
    }

    @Test func `sending to a closed connection is told, not signalled`() throws {
        let pair = try Pair()
        _ = shutdown(pair.far.number, Int32(SHUT_RDWR))
        #expect(Socket.send(pair.near.number, [1], from: 0) == nil)
    }

    @Test func `a full socket takes nothing more`() throws {
        let pair = try Pair()
        let block = [UInt8](repeating: 0, count: 65_536)
        var sent = 0
        while let count = Socket.send(pair.near.number, block, from: 0), count > 0 { sent += count }
        #expect(sent > 0)
        #expect(Socket.send(pair.near.number, block, from: 0) == 0)
    }

    @Test func `a released descriptor stays open, an owned one is closed`() throws {
        let number = FileDescriptor(dup(0)).release()
        #expect(fcntl(number, F_GETFD) >= 0)
        #expect(close(number) == 0)
    }
}

@Suite struct SocketAddressTests {
    @Test(arguments: [
        ("127.0.0.1", 80, "127.0.0.1:80"), ("::1", 9_909, "[::1]:9909"),
        ("10.200.0.7", 65_535, "10.200.0.7:65535"), ("2001:DB8::1", 1, "[2001:db8::1]:1"),
        ("0:0:0:0:0:0:0:0", 0, "[::]:0"), ("::ffff:127.0.0.1", 5, "[::ffff:127.0.0.1]:5"),
    ])
    func `literals are parsed and printed in their usual form`(
        ip: String, port: UInt16, text: String
    ) throws {
        let address = try #require(SocketAddress(ip: ip, port: port))
        #expect(address.description == text)
        #expect(address.port == port)
        #expect(address == SocketAddress(ip: address.host, port: port))
    }

    @Test(arguments: ["localhost", "", "127.0.0", "1.2.3.4.5", "256.0.0.1", "[::1]", ":::", "::1 "])
    func `anything else is not a literal`(text: String) {
        #expect(SocketAddress(ip: text, port: 1) == nil)
    }

    @Test func `loopback is known in both families`() throws {
        for ip in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            #expect(try #require(SocketAddress(ip: ip, port: 1)).isLoopback)
        }
        for ip in ["0.0.0.0", "10.0.0.1", "::", "fe80::1"] {
            #expect(try #require(SocketAddress(ip: ip, port: 1)).isLoopback == false)
        }
        #expect(try #require(SocketAddress(unixPath: "/tmp/a")).isLoopback)
    }

    @Test func `a Unix path is at most 107 bytes`() throws {
        let longest = String(repeating: "a", count: 107)
        let address = try #require(SocketAddress(unixPath: longest))
        #expect(address.host == longest)
        #expect(address.description == "unix:\(longest)")
        #expect(address.port == 0)
        #expect(SocketAddress(unixPath: longest + "a") == nil)
    }
}
