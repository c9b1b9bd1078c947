import Glibc
import Reactor
import Testing
import Transport

/// What a look-up makes of the system's replies.
@Suite struct ResolverTests {
    private static let query = Resolver.Query(host: "shop.test", port: 80)

    /// - Returns: whether a look-up with these replies, the first without families that the machine lacks, is final.
    private func isFinal(_ codes: Int32...) -> Bool? {
        var flags: [Int32] = []
        let result = Resolver.lookUp(Self.query) { _, flag in
            flags.append(flag)
            return Resolver.Reply(failed: codes[flags.count - 1], errno: ENOENT)
        }
        #expect(flags == [AI_ADDRCONFIG, 0])
        guard case .failure(let failure) = result else { return nil }
        #expect(!failure.reason.isEmpty)
        return failure.isFinal
    }

    @Test(arguments: [EAI_NONAME, -5, -9])
    func `that a name has no address is final`(_ code: Int32) {
        #expect(isFinal(code, code) == true)
        // The first question could not be asked; the second was answered.
        #expect(isFinal(EAI_AGAIN, code) == true)
    }

    @Test(arguments: [EAI_AGAIN, EAI_FAIL, EAI_SYSTEM, EAI_MEMORY])
    func `a look-up that failed says nothing about the name`(_ code: Int32) {
        #expect(isFinal(code, code) == false)
        // The first answer leaves out families that this machine lacks: it is none about the name.
        for first in [EAI_NONAME, -5, -9] { #expect(isFinal(first, code) == false) }
    }

    @Test func `the second answer counts where the first leaves families out`() throws {
        let address = try #require(SocketAddress(ip: "::1", port: 80))
        let result = Resolver.lookUp(Self.query) { _, flag in
            flag == 0 ? Resolver.Reply([address]) : Resolver.Reply(failed: -9)
        }
        #expect(result == .success([address]))
    }

    @Test func `an answer to the first question is enough, and a literal needs none`() throws {
        let address = try #require(SocketAddress(ip: "127.0.0.2", port: 80))
        let result = Resolver.lookUp(Self.query) { _, flag in
            #expect(flag == AI_ADDRCONFIG)
            return Resolver.Reply([address])
        }
        #expect(result == .success([address]))
        let literal = Resolver.lookUp(Resolver.Query(host: "127.0.0.2", port: 80)) { _, _ in
            Issue.record("a literal was looked up")
            return Resolver.Reply(failed: EAI_FAIL)
        }
        #expect(literal == .success([address]))
    }

    @Test func `a failure is told in words`() {
        let system = Resolver.Reply(failed: EAI_SYSTEM, errno: EMFILE)
        #expect(system.reason == "Too many open files")
        #expect(Resolver.Reply(failed: EAI_AGAIN).reason.contains("name resolution"))
    }

    @Test func `the system knows localhost`() throws {
        let found = try Resolver.lookUp(Resolver.Query(host: "localhost", port: 7)).get()
        #expect(found.contains { $0.host == "127.0.0.1" || $0.host == "::1" })
        #expect(found.allSatisfy { $0.port == 7 })
    }
}
