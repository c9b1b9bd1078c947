import ArgumentParser
import Config
import Schedule
import Testing
import Time

@testable import ballast

@Suite struct HitFlagsTests {
    private func load(_ arguments: String...) throws -> LoadSettings {
        try HitFlags.parse(arguments).load()
    }

    @Test func `a URL alone makes the load that a file with these keys would make`() throws {
        let yaml = """
            loads:
              - {name: hit, target: "http://127.0.0.1:8080", rate: 50/s, startup: 5s,
                 request: {path: "/a/?b=%20c"}}
            """
        let file = try Configuration.parse(Array(yaml.utf8), file: "test.yaml")
        #expect(try load("http://127.0.0.1:8080/a/?b=%20c") == file.loads[0])
    }

    @Test func `every flag is the key of its name`() throws {
        let yaml = """
            loads:
              - name: hit
                target: https://[::1]:8443
                rate: 12.5/m
                startup: 5s
                arrivals: poisson
                pacing: grid 1ms
                limits: {connections: 7, late: 0s}
                timeout: 1m
                transport: curl
                http: auto
                tls: {verify: false}
                request:
                  method: PUT
                  headers: {x-a: "one: two", x-b: "${env:HOME}"}
                  body: "$${text"
                expect: {status: [204, 500-599]}
            """
        let file = try Configuration.parse(Array(yaml.utf8), file: "test.yaml")
        let load = try load(
            "https://[::1]:8443", "--rate", "12.5/m", "--arrivals", "poisson", "--seed",
            "\(LoadName.seed("hit"))", "--pacing", "grid 1ms", "--connections", "7", "--late", "0s",
            "--timeout", "1m", "--transport",
            "curl", "--http", "auto", "--insecure", "--method", "PUT", "--header", "x-a: one: two",
            "--header", "x-b:${env:HOME}", "--body", "$${text", "--expect-status", "5xx, 204")
        var wanted = file.loads[0]
        wanted.seed = LoadName.seed("hit")
        #expect(load == wanted)
    }

    private func seed(_ arguments: String...) throws -> UInt64? {
        let load = try HitFlags.parse(["http://a/", "--arrivals", "poisson"] + arguments).load()
        return load.arrivals == .poisson ? load.seed : nil
    }

    @Test func `a Poisson stream is another one in each run, unless its seed is given`() throws {
        #expect(try seed("--seed", "7") == 7)
        #expect(try seed("--seed", "18446744073709551615") == .max)
        let drawn = try (0..<20).map { _ in try #require(try seed()) }
        // Two of twenty are equal in one of 23 million runs.
        #expect(Set(drawn).count >= 19)
        #expect(drawn.allSatisfy { $0 <= UInt64(UInt32.max) })
    }

    @Test(arguments: [
        ("127.0.0.1:8080/a?u=http://b", "http://127.0.0.1:8080", "/a?u=http://b"),
        ("localhost", "http://localhost", ""), ("HTTPS://a:1/x", "https://a:1", "/x"),
        ("[::1]:8080/", "http://[::1]:8080", "/"),
    ])
    func `a URL needs no scheme`(_ text: String, _ target: String, _ path: String) throws {
        let load = try load(text)
        #expect(load.target.url == target)
        #expect(load.request.path == Template(path))
    }

    @Test(arguments: [["-c10", "-n100", "-z3s"], ["-c", "10", "-n", "100", "-z", "3s"]])
    func `short flags may stand beside their values`(_ flags: [String]) throws {
        let flags = try HitFlags.parse(["http://a/"] + flags)
        #expect(try flags.load().limits.connections == 10)
        #expect(try flags.bounds() == (.seconds(3), 100))
    }

    @Test func `a rate without a unit is per second`() throws {
        #expect(try load("http://a/", "-r", "12.5").rate == load("http://a/", "-q", "12.5/s").rate)
        #expect(try load("http://a/", "-r", "max").rate == .max)
    }

    @Test func `a body makes it POST`() throws {
        #expect(try load("http://a/", "--body", "x").request.method == "POST")
        #expect(try load("http://a/", "--body", "x", "--method", "PATCH").request.method == "PATCH")
    }

    @Test func `ten seconds, unless the length or the count is given`() throws {
        func bounds(_ arguments: String...) throws -> (Nanoseconds?, UInt64?) {
            try HitFlags.parse(["http://a/"] + arguments).bounds()
        }
        #expect(try bounds() == (.seconds(10), nil))
        #expect(try bounds("--for", "1m") == (.seconds(60), nil))
        #expect(try bounds("--requests", "5") == (nil, 5))
        #expect(try bounds("--requests", "5", "--for", "1s") == (.seconds(1), 5))
    }

    @Test(arguments: [
        (["--insecure"], "--insecure: the URL is plain http and has no certificate"),
        (["--rate", "max", "--pacing", "precise"], "--pacing: `--rate max` has no schedule"),
        (["--header", "a: 1", "--header", "A: 2"], "--header: `A` is given twice"),
        (["--header", "content-length: 1"], "--header: `content-length` cannot be set"),
        (["--requests", "0"], "--requests: `0` is outside 1 to"),
        (["--for", "0s"], "--for: `0s` is no time at all"),
        (["--connections", "many"], "--connections: `many` is not a whole number"),
        (["--workers", "65"], "--workers: `65` is outside 1 to 64"),
        (["--timeout", "0s"], "--timeout: `0s` is outside 1ms to 10m"),
        (["--seed", "7"], "--seed: only `--arrivals poisson` has one"),
        (
            ["--seed", "7", "--arrivals", "uniform"],
            "--seed: only `--arrivals poisson` has one"
        ),
        (["--seed", "1e9", "--arrivals", "poisson"], "--seed: `1e9` is not a whole number"),
        (["--arrivals", "posson"], "(did you mean `poisson`?)"),
        (["-d", "30s"], "`-z 30s` says how long to go on"),
    ])
    func `a wrong flag names itself and the remedy`(_ arguments: [String], _ text: String) throws {
        let flags = try HitFlags.parse(["http://a/"] + arguments)
        let error = #expect(throws: (any Error).self) {
            _ = try flags.load()
            _ = try flags.bounds()
            _ = try flag("--workers", flags.workers, FlagValue.workers)
        }
        let message = error.map { HitFlags.message(for: $0) } ?? ""

        #expect(message.contains(text), "\(message)")
    }
}
