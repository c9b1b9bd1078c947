import Foundation
import Reactor
import Server
import Testing

/// A machine without descriptors. The limit belongs to the process, so each test has one of its own.
@Suite struct ExhaustionTests {
    private static func start() throws -> RunningServer {
        let server = try RunningServer {
            [Route("/metrics", summary: "the page") { _ in .text("page\n") }]
        }
        var limit = rlimit(rlim_cur: 100, rlim_max: 100)
        guard unsafe setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0 else { exit(1) }
        return server
    }

    /// Takes every descriptor that is left.
    private static func takeAll() -> [Int32] {
        var taken: [Int32] = []
        while true {
            let descriptor = dup(0)
            guard descriptor >= 0 else { return taken }
            taken.append(descriptor)
        }
    }

    @Test func `without a descriptor the server rests instead of spinning, and recovers`() async {
        await #expect(processExitsWith: .success) {
            let server = try Self.start()
            var taken = Self.takeAll()
            // The only descriptor goes to the client: the server has none to accept with and no
            // connection to give up.
            close(taken.removeLast())
            let client = try Client(server.address)
            let before = clock()
            usleep(600_000)
            let spent = Double(clock() - before) / Double(CLOCKS_PER_SEC)
            guard spent < 0.3 else { exit(2) }
            for descriptor in taken { close(descriptor) }
            exit(try client.get("/metrics").text == "page\n" ? 0 : 3)
        }
    }

    @Test func `without a descriptor a silent connection gives way to a new one`() async {
        await #expect(processExitsWith: .success) {
            let server = try Self.start()
            let silent = try Client(server.address)
            try server.wait { $0.openConnections == 1 }
            var taken = Self.takeAll()
            close(taken.removeLast())
            let client = try Client(server.address)
            guard try client.get("/metrics").text == "page\n" else { exit(2) }
            exit(try silent.receiveAll().isEmpty ? 0 : 3)
        }
    }
}
