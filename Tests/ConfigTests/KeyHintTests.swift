import Config
import Testing

/// What somebody is told who writes a key that another tool, or an earlier version, has.
struct KeyHintTests {
    private static func hint(_ lines: String...) -> String? {
        let error = #expect(throws: ConfigurationError.self) {
            try World.parse(
                "loads:\n  - name: a\n    target: http://127.0.0.1\n    rate: 1/s\n"
                    + lines.map { "    \($0)\n" }.joined())
        }
        return error?.diagnostics.first?.hint
    }

    @Test(arguments: [
        ("url: x", "it is called `target`"), ("rps: 5", "it is called `rate`"),
        ("qps: 5", "it is called `rate`"),
        ("concurrency: 5", "it is called `connections` under `limits:`"),
        ("vus: 5", "it is called `connections` under `limits:`"),
        ("insecure_skip_verify: true", "write `verify: false` under `tls:`"),
        ("http_version: 2", "it is called `http`"),
        ("max_in_flight: 5", "it is called `in_flight` under `limits:`"),
        ("follow_redirects: 2", "it is called `redirects`"),
        ("duration: 5m", "a load runs until it is stopped; `ballast run --for 30s` ends it"),
        ("stages: []", "a load has one `rate`; several loads have several"),
        (
            "keep_alive: false",
            "connections are always kept; ending them on purpose is not there yet"
        ),
        ("connections: 5", "it belongs under `limits:`"),
        ("method: GET", "it belongs under `request:`"),
        ("body: x", "it belongs under `limits:` or under `request:`"),
        ("drain: 1s", "it belongs under `server:`"), ("workers: 1", "it belongs to the top level"),
        ("timeot: 1s", "did you mean `timeout`?"),
        ("conections: 5", "did you mean `connections` under `limits:`?"),
        ("request-timeout: 1s", "it is called `timeout`"),
        (
            "expect: {status: 200, body: ok}",
            "the status alone decides; the content of an answer is not looked at"
        ),
        ("request: {host: a}", "write it as `host` under `headers:`"),
        ("port: 80", "it is a part of `target`"), ("address: x", "it is called `target`"),
        ("<<: x", "what loads share stands under `defaults:`"),
        (
            "protocol: h2",
            "`http` is the version of HTTP, the scheme of `target` says whether it is TLS"
        ),
        ("expect: 200", "write `expect: {status: 200}`"),
    ])
    func `a key of another tool gets its name here`(_ line: String, _ hint: String) {
        #expect(Self.hint(line) == hint, "\(line)")
    }

    @Test(arguments: [
        ("{ca: a.pem}", "it is called `ca_file`"), ("{cert: a.pem}", "it is called `cert_file`"),
        ("{key: a.pem}", "it is called `key_file`"),
        ("{insecure: true}", "write `verify: false` under `tls:`"),
        ("false", "write `tls: {verify: false}`"),
    ])
    func `a key of the version before gets its new name`(_ tls: String, _ hint: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try World.parse(
                "loads: [{name: a, target: https://127.0.0.1, rate: 1/s, tls: \(tls)}]")
        }
        #expect(error?.diagnostics.first?.hint == hint)
    }

    @Test func `what resembles nothing gets the keys that there are`() {
        #expect(Self.hint("zzzzzz: 1")?.hasPrefix("known here: name, target, rate, ") == true)
    }
}
