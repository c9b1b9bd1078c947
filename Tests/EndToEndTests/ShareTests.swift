import Foundation
import TestSupport
import Testing

/// What was dropped was not served: every place shows the same share of what was intended.
@Suite struct ShareTests {
    /// Answers as many requests as it is told to, and lets all others wait.
    private struct Doorkeeper {
        let server: HostileServer
        private let door = DispatchSemaphore(value: 0)

        init() throws {
            let door = door
            server = try HostileServer { (client) throws(Hangup) in
                while true {
                    try client.readRequest()
                    guard door.wait(timeout: .now() + 60) == .success else { return }
                    try client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                }
            }
        }

        func admit(_ count: Int) { for _ in 1...count { door.signal() } }

        func close() {
            admit(200)
            server.stop()
        }
    }

    private func load(port: UInt16) throws -> [String: Any] {
        let text = try Network.get("/api/v1/status", port: port).body
        let root = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return try #require((root?["loads"] as? [[String: Any]])?.first)
    }

    @Test(arguments: ["text", "json"])
    func `of a hundred intended requests 73 were dropped`(_ output: String) throws {
        let target = try Doorkeeper()
        defer { target.close() }
        let port = try Network.freePort()
        let process = try BallastBinary.start(
            "hit", "http://127.0.0.1:\(target.server.port)/", "--rate", "500/s", "--requests",
            "100", "--connections", "27", "--late", "300ms", "--timeout", "1m", "--output", output,
            "--listen", "127.0.0.1:\(port)")
        func waitForPage(_ what: String, until isShown: (MetricsPage) -> Bool) throws {
            try wait(for: what) {
                try #require(process.isRunning, "\(process.errors)")
                guard let page = try? Network.get("/metrics", port: port).body else { return false }
                return try isShown(MetricsPage(page))
            }
        }
        try waitForPage("all drops") { $0.sum("ballast_requests_dropped_total") == 73 }
        #expect(try load(port: port)["ok_share"] as? Double == 0)
        #expect(try load(port: port)["in_flight"] as? Int == 27)
        // What is in flight is neither served nor lost yet.
        target.admit(26)
        try waitForPage("26 answers") { $0.outcome("ok") == 26 }
        #expect(try load(port: port)["ok_share"] as? Double == 26.0 / 99)
        target.admit(1)
        #expect(try process.exitCode() == 0)
        if output == "text" {
            let text = "outcomes    ok 27 (27%)\ndropped     connections 73 (73%)\n"
            #expect(process.output.contains(text), "\(process.output)")
            return
        }
        let object = try JSONSerialization.jsonObject(with: Data(process.output.utf8))
        let result = try #require(object as? [String: Any])
        #expect(result["intended"] as? Int == 100)
        #expect(result["ok_share"] as? Double == 0.27)
        #expect(result["failed_share"] as? Double == 0.73)
        #expect(result["dropped_share"] as? Double == 0.73)
    }
}
