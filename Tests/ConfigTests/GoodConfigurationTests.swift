import Config
import Foundation
import Schedule
import Testing
import Time

struct GoodConfigurationTests {
    static let files = try! Place.files(in: Place.fixtures.appending(path: "good"), ending: "yaml")

    private static func fixture(_ name: String) throws -> Configuration {
        let file = Place.fixtures.appending(path: "good/\(name).yaml")
        return try World.parse(Array(Data(contentsOf: file)))
    }

    @Test(arguments: files) func `a good configuration is accepted`(file: URL) throws {
        #expect(throws: Never.self) { try World.parse(Array(Data(contentsOf: file))) }
    }

    @Test func `a load needs three keys and has defaults for the rest`() throws {
        let configuration = try Self.fixture("minimal")
        var expected = Configuration()
        expected.loads = [
            LoadSettings(
                name: "shop", target: Target(scheme: .http, host: "127.0.0.1", port: 8080),
                rate: .open(Rate(requests: 50, per: .seconds(1))!))
        ]
        #expect(configuration == expected)
    }

    @Test func `CRLF, a byte order mark, JSON and a document marker change nothing`() throws {
        let minimal = try Self.fixture("minimal")
        #expect(try Self.fixture("crlf-and-bom") == minimal)
        #expect(try Self.fixture("json") == minimal)
        #expect(try Self.fixture("document-marker") == minimal)
    }

    @Test func `the keys of the server are read`() throws {
        let configuration = try Self.fixture("every-key")
        #expect(configuration.server.listen.host == "127.0.0.1")
        #expect(configuration.server.listen.port == 0)
        #expect(configuration.server.drain == .seconds(90))
        #expect(configuration.server.linger == .seconds(30))
        #expect(configuration.workers == .exactly(3))
    }

    @Test func `the keys of a direct load are read`() throws {
        let load = try Self.fixture("every-key").loads[0]
        #expect(load.name == "plain_1")
        #expect(load.target == Target(scheme: .http, host: "::1", port: 8080, path: "/base"))
        #expect(load.rate == .open(Rate(requests: 125, per: .seconds(600))!))
        #expect(load.process == .poisson(seed: .max))
        #expect(load.pacing == .grid(.microseconds(250)))
        #expect(load.limits.connections == 20)
        #expect(load.limits.inFlight == 19)
        #expect(load.limits.connectRate == Rate(requests: 1, per: .seconds(2))!)
        #expect(load.limits.late == .zero)
        #expect(load.limits.catchUp == 8)
        #expect(load.limits.body == 1_536)
        #expect(load.timeout == .nanoseconds(1_000_001_000))
        #expect(load.startup == .zero)
        #expect(load.transport == .direct)
        #expect(load.http == .http1)
        #expect(load.expect.ranges == [200...299, 404...405])
        #expect(load.buckets == [.milliseconds(300), .milliseconds(750), .milliseconds(1_250)])
    }

    @Test func `the keys of a request are read, in the order written`() throws {
        let request = try Self.fixture("every-key").loads[0].request
        #expect(request.method == "PROPFIND")
        #expect(
            request.path.parts == [
                .text("/checkout/"), .environment("TOKEN"), .text("?q=%20${x}"),
            ])
        #expect(
            request.headers.map(\.name) == [
                "content-type", "Authorization", "cookie", "X-Number", "'odd", "Host",
            ])
        #expect(
            request.headers[1].value.parts == [
                .text("Bearer "), .file("/etc/ballast/secret/token"),
            ])
        #expect(request.headers[3].value == Template("5"))
        #expect(request.headers[4].value == Template("tab\there é 😀"))
    }

    @Test func `the keys of a curl load are read, and paths start from the file's folder`() throws {
        let load = try Self.fixture("every-key").loads[1]
        #expect(load.rate == .open(Rate(requests: 200_000, per: .seconds(1))!))
        #expect(load.http == .http2)
        #expect(load.transportChoice.choice == .curl)
        #expect(load.tls.verify == false)
        #expect(load.tls.ca == "/etc/ballast/ca.pem")
        #expect(load.tls.certificate == "/etc/ballast/client.pem")
        #expect(load.tls.key == "/etc/ballast/client.key")
        #expect(load.tls.serverName == "other.example")
        #expect(load.tls.resume)
        #expect(load.proxy == "http://joe:pw@127.0.0.1:3128")
        #expect(load.redirects == 20)
        #expect(load.compression)
        #expect(load.unix == "/etc/ballast/run/shop.sock")
        #expect(load.request.body == .file("/etc/ballast/body.json"))
        #expect(load.secretFiles == ["/etc/ballast/body.json"])
    }

    @Test func `a closed loop has limits and no schedule`() throws {
        let load = try Self.fixture("every-key").loads[2]
        #expect(load.rate == .max)
        #expect(load.limits.inFlight == nil)
        #expect(load.http == .automatic)
    }

    @Test func `defaults are merged into each load, key by key`() throws {
        let loads = try Self.fixture("defaults").loads
        #expect(loads.map(\.target.port) == [8080, 8080])
        #expect(loads.map(\.timeout) == [.milliseconds(500), .seconds(2)])
        #expect(loads.map(\.limits.connections) == [8, 16])
        #expect(loads.map(\.limits.late) == [.zero, .zero])
        #expect(loads.map(\.expect.ranges) == [[200...200, 404...404], [200...299]])
        let headers = loads.map { load in
            Dictionary(uniqueKeysWithValues: load.request.headers.map { ($0.name, $0.value) })
        }
        #expect(headers[0] == ["x-team": Template("shop"), "x-trace": Template("off")])
        // Names of headers ignore case.
        #expect(headers[1] == ["x-team": Template("shop"), "X-Trace": Template("on")])
    }

    @Test func `the same file named twice is one secret file`() throws {
        let load = try Self.fixture("every-key").loads[0]
        #expect(load.secretFiles == ["/etc/ballast/secret/token"])
        #expect(load.request.path.references.environment == ["TOKEN"])
    }

    @Test func `a Poisson load without a seed takes one from its name`() throws {
        let short = try World.load("arrivals: poisson").process
        #expect(try World.load("arrivals: {poisson: {}}").process == short)
        #expect(short != .poisson(seed: 0) && short != .uniform)
        #expect(try World.load("arrivals: poisson", "seed: 7").process == .poisson(seed: 7))
        #expect(try World.load("arrivals: {poisson: {seed: 7}}").process == .poisson(seed: 7))
    }

    @Test(arguments: [
        (":9909", "0.0.0.0", 9909), ("[::]:80", "::", 80), ("127.0.0.1:0", "127.0.0.1", 0),
    ])
    func `listen addresses are read`(text: String, host: String, port: UInt16) throws {
        let loads = "loads: [{name: a, target: http://a, rate: 1/s}]"
        let server = try World.parse("server: {listen: '\(text)'}\n\(loads)").server
        #expect(server.listen.host == host && server.listen.port == port)
    }

    @Test(arguments: [
        ("http://shop", "http", "shop", 80, "", "shop"),
        (
            "HTTPS://Shop.example:8443/a/b/", "https", "Shop.example", 8443, "/a/b",
            "Shop.example:8443"
        ),
        ("http://[::1]:8080/", "http", "::1", 8080, "", "[::1]:8080"),
        ("https://[::1]", "https", "::1", 443, "", "[::1]"),
        ("http://a_b.svc:80/%20~x", "http", "a_b.svc", 80, "/%20~x", "a_b.svc"),
    ])
    func `targets are read`(
        text: String, scheme: String, host: String, port: UInt16, path: String, authority: String
    ) throws {
        let yaml = "loads: [{name: a, target: '\(text)', rate: 1/s}]"
        let target = try World.parse(yaml).loads[0].target
        #expect(target.scheme.rawValue == scheme && target.host == host && target.port == port)
        #expect(target.path == path && target.authority == authority)
    }

    @Test func `the direct transport takes keys that ask nothing of curl`() throws {
        let load = try World.load(
            "transport: direct", "redirects: 0", "compression: false", "http: '1.1'")
        #expect(load.transportChoice.choice == .direct)
    }

    @Test func `a relative configuration file reads what lies beside it`() throws {
        let context = ConfigurationContext(
            environment: { _ in nil },
            readFile: { path, _ in
                switch path {
                case "conf/b.yaml":
                    .success(
                        Array(
                            """
                            loads:
                              - {name: a, target: http://a, rate: 1/s, request: {body_file: x}}
                            """.utf8))
                case "conf/x": .success([])
                default: .failure(FileFailure("No such file or directory"))
                }
            })
        let load = try Configuration.load(path: "conf/b.yaml", context: context).loads[0]
        #expect(load.request.body == .file("conf/x"))
    }

    @Test func `the system's context reads files and the environment`() throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "ballast-\(UUID().uuidString)")
        try Data("x\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let system = ConfigurationContext.system
        #expect(SystemFile.read(file.path()) == .success(Array("x\n".utf8)))
        #expect(SystemFile.read("/") == .failure(FileFailure("Is a directory")))
        #expect(SystemFile.read("/none") == .failure(FileFailure("No such file or directory")))
        #expect(SystemFile.read("/dev/zero") == .failure(FileFailure("not a regular file")))
        // A pipe without a writer: to open one usually waits for ever.
        let pipe = file.path() + "-pipe"
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        defer { unsafe unlink(pipe) }
        #expect(SystemFile.read(pipe) == .failure(FileFailure("not a regular file")))
        try #require(unsafe truncate(file.path(), 17 << 20) == 0)
        let tooLarge = #expect(throws: FileFailure.self) { try SystemFile.read(file.path()).get() }
        #expect(tooLarge?.reason == "larger than 16MiB")
        let small = #expect(throws: FileFailure.self) { try SystemFile.read(file.path(), 5).get() }
        #expect(small?.reason == "larger than 5B")
        #expect(system.environment("PATH")?.isEmpty == false)
        #expect(system.environment("BALLAST_SURELY_NOT_SET") == nil)
    }
}
