import Foundation
import TestSupport
import Testing

/// Files of secrets that turn into what a request cannot hold, and back, under load.
@Suite struct SecretRotationTests {
    private enum Content {
        case bytes([UInt8])
        case folder, pipe, nothing
    }

    private static let nonsense: KeyValuePairs<String, Content> = [
        "blank": .bytes(Array("a b".utf8)),
        "request": .bytes(Array("a HTTP/1.1\r\nX-Evil: 1\r\n\r\n".utf8)),
        "lines": .bytes(Array("a\n\nb".utf8)), "nul": .bytes([97, 0, 98]), "empty": .bytes([]),
        "latin": .bytes([0xE9, 0xFF]), "large": .bytes([UInt8](repeating: 97, count: 1 << 20)),
        "folder": .folder, "pipe": .pipe, "gone": .nothing,
    ]

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Exchanges a link, so that at no moment there is anything else than the old and the new.
    private func put(_ content: Content, as name: String) throws {
        let target = folder.path(UUID().uuidString)
        switch content {
        case .bytes(let bytes): try Data(bytes).write(to: URL(filePath: target))
        case .folder:
            try FileManager.default.createDirectory(
                atPath: target, withIntermediateDirectories: false)
        case .pipe: try #require(unsafe mkfifo(target, 0o600) == 0)
        case .nothing: break
        }
        let link = target + ".link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        try #require(unsafe rename(link, folder.path(name)) == 0)
    }

    private func put(_ number: Int) throws {
        for name in Self.nonsense.map(\.key) {
            try put(.bytes(Array("good\(number)\n".utf8)), as: name)
        }
    }

    private var loads: String {
        Self.nonsense.map(\.key).flatMap { name in
            ["direct", "curl"].map { transport in
                """
                  - name: \(transport)-\(name)
                    target: "URL"
                    rate: 20/s
                    transport: \(transport)
                    request:
                      path: "/\(transport)-\(name)?t=${file:\(folder.path(name))}"
                      headers: {x-test: "Bearer ${file:\(folder.path(name))}"}
                """
            }
        }.joined(separator: "\n")
    }

    @Test func `what a request cannot hold is never sent, and the last good one goes on`() throws {
        try put(1)
        let server = try HostileServer { connection throws(Hangup) in
            try connection.serve("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        defer { server.stop() }
        let sidecar = try RunningSidecar(
            loads: loads.replacing("URL", with: "http://127.0.0.1:\(server.port)"))
        let names = Self.nonsense.flatMap { ["direct-\($0.key)", "curl-\($0.key)"] }
        try waitFor(1, at: names, server)
        let first = try sidecar.metrics()
        for name in names {
            let labels = "load=\"\(name)\""
            #expect(first.value("ballast_request_stale", labels) == 0)
            for result in ["ok", "failed"] {
                let count = first.value(
                    "ballast_request_renewals_total", "\(labels),result=\"\(result)\"")
                #expect(count == 0)
            }
        }

        for (name, content) in Self.nonsense { try put(content, as: name) }
        try wait(for: "two failures of each") {
            let page = try sidecar.metrics()
            return names.allSatisfy { name in
                page.value(
                    "ballast_request_renewals_total", "load=\"\(name)\",result=\"failed\"") ?? 0 > 1
                    && page.value("ballast_request_stale", "load=\"\(name)\"") == 1
            }
        }
        try put(2)
        try waitFor(2, at: names, server)
        let last = try sidecar.lastPage()
        #expect(last.sum("ballast_request_stale") == 0)
        #expect(
            last.sum("ballast_request_renewals_total", where: "result=\"ok\"") == names.count)
        try check(server.seen.requests, log: sidecar.process.errors, names)
    }

    private func waitFor(_ number: Int, at names: [String], _ server: HostileServer) throws {
        try wait(for: "requests with the secret \(number)") {
            let starts = Set(server.seen.requests.map(\.start))
            return names.allSatisfy { starts.contains("GET /\($0)?t=good\(number)") }
        }
    }

    private func check(_ requests: [HostileRequest], log: String, _ names: [String]) throws {
        for request in requests {
            let secret = try #require(request.start.split(separator: "=").last.map(String.init))
            #expect(["good1", "good2"].contains(secret))
            #expect(request.header("x-test") == "Bearer \(secret)")
            #expect(!request.head.contains("Evil"))
        }
        for name in names {
            let lines = log.split(separator: "\n").filter {
                $0.contains("cannot be renewed") && $0.contains("load=\(name) ")
            }
            #expect(lines.count == 1, "\(lines)")
        }
        #expect(!log.contains("Evil") && !log.contains("good1") && !log.contains("good2"))
    }

    @Test(arguments: ["7 5", "a\r\nX-Evil: 1", "é"])
    func `at the start it is an error with its place and the remedy`(_ value: String) throws {
        let file = try folder.write(
            """
            loads:
              - {name: a, target: "http://a", rate: 1/s, request: {path: "/${env:SECRET}"}}
            """, to: "a.yaml")
        for command in ["check", "run"] {
            let process = try BallastBinary.start(command, file, environment: ["SECRET": value])
            #expect(try process.exitCode() == 2)
            #expect(process.errors.hasPrefix("\(file):2:64: error: path: the value of this "))
            #expect(process.errors.contains("hint: change the environment variable `SECRET`"))
            #expect(!process.errors.contains(value))
        }
        let hit = try BallastBinary.start(
            "hit", "http://127.0.0.1:1/", "--header", "x-a: ${env:SECRET}\u{1}",
            environment: ["SECRET": value])
        #expect(try hit.exitCode() == 2)
    }

    @Test func `hit names the place of a value that does not fit`() throws {
        let process = try BallastBinary.start(
            "hit", "http://127.0.0.1:1/", "--header", "x-a: b${env:SECRET}",
            environment: ["SECRET": "a\r\nX-Evil: 1"])
        #expect(try process.exitCode() == 2)
        #expect(
            process.errors == "ballast: load hit: request.headers.x-a: the value of this reference "
                + "does not fit: a header value cannot hold a line end "
                + "(change the environment variable `SECRET`)\n")
    }
}
