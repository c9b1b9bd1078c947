import Foundation
import TestSupport
import Testing

/// A log whose reader stands still.
@Suite struct UnreadLogTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A full pipe, open at both ends.
    private func fullPipe() throws -> (path: String, descriptor: Int32) {
        let path = folder.path("log")
        try #require(unsafe mkfifo(path, 0o600) == 0)
        let descriptor = unsafe open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        try #require(descriptor >= 0)
        let piece = [UInt8](repeating: UInt8(ascii: "."), count: 4_096)
        while unsafe write(descriptor, piece, piece.count) > 0 {}
        return (path, descriptor)
    }

    private func readAll(_ descriptor: Int32) -> String {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(descriptor, &piece, piece.count)
            guard count > 0 else { return String(decoding: all, as: UTF8.self) }
            all += piece.prefix(count)
        }
    }

    @Test func `it keeps neither a scrape nor a stop waiting, and what was lost is told`() throws {
        let (pipe, descriptor) = try fullPipe()
        defer { close(descriptor) }
        let silent = try Listener()
        let port = try Network.freePort()
        let file = try folder.write(
            """
            server: {listen: "127.0.0.1:\(port)", drain: 0s}
            loads: [{name: a, target: "http://127.0.0.1:\(silent.port)", rate: 1/s}]
            """, to: "a.yaml")
        let line = "exec '\(BallastBinary.path)' run '\(file)' 2>'\(pipe)'"
        let process = try RunningProcess("/bin/sh", ["-c", line])
        try wait(for: "a load that runs") {
            guard let page = try? MetricsPage(try Network.get("/metrics", port: port).body) else {
                return false
            }
            return page.value("ballast_load_state", "load=\"a\",state=\"running\"") == 1
        }
        #expect(readAll(descriptor).allSatisfy { $0 == "." })
        process.send(SIGTERM)
        #expect(try process.exitCode() == 0)
        let log = readAll(descriptor)
        #expect(log.contains("msg=\"stopping: nothing more is intended\""))
        let notice = "lines before this one were lost: nobody read them\" lost="
        let parts = log.components(separatedBy: notice)
        #expect(parts.count == 2)
        // Waiting, started, running; on a busy machine also degraded.
        #expect(parts.last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0 >= 3)
    }

    @Test func `a stop that nobody reads of ends with its code`() throws {
        let (pipe, descriptor) = try fullPipe()
        defer { close(descriptor) }
        let nginx = try Nginx()
        let file = try folder.write(
            """
            server: {listen: "127.0.0.1:0"}
            loads: [{name: a, target: "\(nginx.url)", rate: 100/s}]
            """, to: "a.yaml")
        let line = "exec '\(BallastBinary.path)' run '\(file)' 2>'\(pipe)'"
        let process = try RunningProcess("/bin/sh", ["-c", line])
        try wait(for: "requests") { !nginx.requests.isEmpty }
        process.send(SIGTERM)
        #expect(try process.exitCode() == 0)
    }
}
