import Foundation
import TestSupport
import Testing

/// What the load does while its target comes late or its secret changes.
@Suite struct TargetLifeTests {
    @Test func `it waits for a target that starts later and intends nothing before`() throws {
        let nginx = try TruthNginx()
        nginx.kill()
        let sidecar = try RunningSidecar(
            loads: "  - {name: a, target: \"\(nginx.url)\", rate: 100/s}")
        try sidecar.process.waitForLog("msg=\"waiting for the target\"")
        try wait(for: "a refused try") {
            try sidecar.metrics().sum("ballast_connects_total", where: "\"refused\"") > 0
        }
        let page = try sidecar.metrics()
        #expect(page.sum("ballast_requests_intended_total") == 0)
        #expect(page.value("ballast_load_state", "load=\"a\",state=\"waiting\"") == 1)
        #expect(!sidecar.process.errors.contains("msg=\"running\""))
        try nginx.start()
        try sidecar.process.waitForLog("msg=\"running\"")
        try wait(for: "answers") { try sidecar.metrics().outcome("ok") > 10 }
        #expect(try sidecar.metrics().outcomes.keys.sorted() == ["ok"])
    }

    @Test(arguments: ["direct", "curl"])
    func `a target with an IPv6 address is reached under it`(_ transport: String) throws {
        let server = try HostileServer(ip: "::1") { connection throws(Hangup) in
            try connection.serve("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        defer { server.stop() }
        let sidecar = try RunningSidecar(
            loads: """
                  - {name: a, target: "http://[::1]:\(server.port)/", rate: 100/s,
                     transport: \(transport), limits: {late: 1m}}
                """, arguments: ["--for", "1s"])
        let page = try sidecar.lastPage(asked: false)
        let requests = server.seen.requests
        // On a busy machine the end finds a backlog.
        #expect(page.sum("ballast_requests_intended_total") == 100)
        #expect(
            page.sum("ballast_requests_sent_total") + page.sum("ballast_requests_dropped_total")
                == 100)
        #expect(page.outcomes == ["ok": requests.count])
        #expect(Set(requests.map { $0.header("host") }) == ["[::1]:\(server.port)"])
    }

    @Test(arguments: ["direct", "curl"])
    func `a path that is not ASCII is sent as the pages show it, a value as it is`(
        _ transport: String
    ) throws {
        let server = try HostileServer { connection throws(Hangup) in
            try connection.serve("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        defer { server.stop() }
        let sidecar = try RunningSidecar(
            loads: """
                  - {name: a, target: "http://127.0.0.1:\(server.port)/café/", rate: 100/s,
                     transport: \(transport), request: {path: "/日本?q=ü${env:VALUE}"}}
                """, environment: ["VALUE": "%c3%A9\\{|}^\"<`>~"])
        try wait(for: "requests") { server.seen.requests.count > 5 }
        let config = try Network.get("/config", port: sidecar.port).body
        #expect(config.contains("/caf%C3%A9\"\n"))
        #expect(config.contains("path: \"/%E6%97%A5%E6%9C%AC?q=%C3%BC${env:VALUE}\"\n"))
        _ = try sidecar.lastPage()
        let start = "GET /caf%C3%A9/%E6%97%A5%E6%9C%AC?q=%C3%BC%c3%A9\\{|}^\"<`>~"
        #expect(Set(server.seen.requests.map(\.start)) == [start])
    }

    @Test func `after startup it runs unconfirmed, and what fails is counted`() throws {
        let unused = try Network.freePort()
        let sidecar = try RunningSidecar(
            loads: """
                  - {name: a, target: "http://127.0.0.1:\(unused)", rate: 100/s, startup: 200ms}
                """)
        try wait(for: "refused requests") {
            ((try? sidecar.metrics().outcome("refused")) ?? 0) > 10
        }
        let page = try sidecar.lastPage()
        #expect(page.outcomes == ["refused": page.sum("ballast_requests_sent_total")])
        #expect(page.value("ballast_load_state", "load=\"a\",state=\"running\"") == 1)
    }

    @Test func `a rotated secret reaches the target and nothing else`() throws {
        let folder = try TemporaryFolder()
        try rotate("first-9c1f", in: folder, version: 1)
        let nginx = try TruthNginx()
        let sidecar = try sidecar(sending: folder.path("token"), to: nginx)
        try wait(for: "the first secret") { nginx.lines.last?.header == "first-9c1f" }
        try rotate("second-77ab", in: folder, version: 2)
        try wait(for: "the second secret") { nginx.lines.last?.header == "second-77ab" }
        let used = Set(nginx.lines.map(\.header))
        #expect(used == ["first-9c1f", "second-77ab"])
        for path in ["/config", "/metrics", "/", "/api/v1/status"] {
            let body = try Network.get(path, port: sidecar.port).body
            #expect(!body.isEmpty)
            #expect(!body.contains("first-9c1f") && !body.contains("second-77ab"), "\(path)")
        }
        _ = try sidecar.lastPage()
        let log = sidecar.process.errors + sidecar.process.output
        #expect(!log.contains("first-9c1f") && !log.contains("second-77ab"))
    }

    @Test func `a secret that is empty or a pipe for a while holds up nothing`() throws {
        let folder = try TemporaryFolder()
        let token = try folder.write("first", to: "token")
        let nginx = try TruthNginx()
        let sidecar = try sidecar(sending: token, to: nginx)
        try wait(for: "the first secret") { nginx.lines.last?.header == "first" }
        try folder.write("", to: "token")
        try sidecar.process.waitForLog("`\(token)` is empty")
        try FileManager.default.removeItem(atPath: token)
        try #require(unsafe mkfifo(token, 0o600) == 0)
        let looks = nginx.lines.count + 75
        try wait(for: "more than a look") { nginx.lines.count > looks }
        #expect(try Network.get("/metrics", port: sidecar.port).status == 200)
        try FileManager.default.removeItem(atPath: token)
        try folder.write("second", to: "token")
        try wait(for: "the second secret") { nginx.lines.last?.header == "second" }
        #expect(Set(nginx.lines.map(\.header)) == ["first", "second"])
    }

    @Test func `a body that makes all requests together too large is not taken`() throws {
        let folder = try TemporaryFolder()
        // Four of these and the rest of five requests fit, 8 KiB more do not.
        let large = try folder.write(String(repeating: "x", count: 16_383 << 10), to: "large")
        let small = try folder.write("", to: "small")
        let nginx = try TruthNginx()
        let bodies = [small, large, large, large, large]
        let sidecar = try RunningSidecar(
            loads: bodies.enumerated().map { number, file in
                """
                  - name: load-\(number)
                    target: "\(nginx.url)"
                    rate: \(number == 0 ? "50/s" : "0.001/s")
                    request: {method: POST, body_file: "\(file)"}
                """
            }.joined(separator: "\n"))
        try wait(for: "the first request") { !nginx.lines.isEmpty }
        try folder.write(String(repeating: "y", count: 8 << 10), to: "small")
        try sidecar.process.waitForLog("all requests together would be larger than 64MiB")
        let stale = "load=\"load-0\""
        #expect(try sidecar.metrics().value("ballast_request_stale", stale) == 1)
        try folder.write("", to: "small")
        try wait(for: "the body that is small again") {
            (try? sidecar.metrics().value("ballast_request_stale", stale)) == 0
        }
    }

    /// A load of 50/s with a file's content as its header.
    private func sidecar(sending file: String, to nginx: TruthNginx) throws -> RunningSidecar {
        try RunningSidecar(
            loads: """
                  - name: a
                    target: "\(nginx.url)"
                    rate: 50/s
                    request: {headers: {x-test: "${file:\(file)}"}}
                """)
    }

    /// As the kubelet does it: a new folder, and a link to it that takes the old one's place.
    private func rotate(_ secret: String, in folder: TemporaryFolder, version: Int) throws {
        let files = FileManager.default
        let data = "..version\(version)"
        try files.createDirectory(atPath: folder.path(data), withIntermediateDirectories: false)
        try folder.write(secret + "\n", to: "\(data)/token")
        try files.createSymbolicLink(atPath: folder.path("..tmp"), withDestinationPath: data)
        let code = unsafe rename(folder.path("..tmp"), folder.path("..data"))
        try #require(code == 0)
        if version == 1 {
            try files.createSymbolicLink(
                atPath: folder.path("token"), withDestinationPath: "..data/token")
        } else {
            try files.removeItem(atPath: folder.path("..version\(version - 1)"))
        }
    }
}
