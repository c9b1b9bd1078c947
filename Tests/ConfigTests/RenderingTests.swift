import Config
import Foundation
import Testing

struct RenderingTests {
    @Test func `diagnostics show the line, a caret and a hint`() throws {
        let yaml = """
            # Everything here is wrong in its own way.
            sever: {}
            loads:
              - name: 9shop
                target: 127.0.0.1:8080
                rate: 50
                timeot: 2s
                request:
                  path: /é/日本/${env:NOT_SET}
                  headers: {a:\t"\té${env:NOT_SET}", Content-Length: 5}
                  body: "\u{1F600} e\u{301}${uuid}"
                buckets: [0.1s, 0.2s, 0.3s, 0.4s, 0.5s, 0.6s, 0.7s, 0.8s, 0.9s, 1.1s, 1.2s, \
            1.3s, 1.4s, 1.5s, 1.6s, 1.7s, 1.8s, 1.9s, 2.1s, soon, 2.2s, 2.3s, 2.4s, 2.5s, 2.6s, \
            2.7s, 2.8s, 2.9s, 3.0s, 3.1s, 3.2s, 3.3s]
            """
        let error = #expect(throws: ConfigurationError.self) { try World.parse(yaml) }
        #expect(try Place.matchesGolden(error?.rendered ?? "", "diagnostics.golden"))
    }

    @Test func `characters that a terminal obeys are replaced`() {
        let error = #expect(throws: ConfigurationError.self) {
            try World.parse("workers: \u{1B}[31m\n")
        }
        #expect(
            error?.rendered == """
                ballast.yaml:1:10: error: control character `\\u{1B}`
                  workers: \u{FFFD}[31m
                           ^
                  hint: remove it, or write it as an escape in double quotes

                """)
    }

    @Test func `a mistake behind the last line has no excerpt`() {
        let error = #expect(throws: ConfigurationError.self) { try World.parse("loads: [\n") }
        #expect(error?.rendered.contains("ballast.yaml:2:1: error: not valid YAML") == true)
        #expect(error?.rendered.contains("^") == false)
    }

    @Test func `a mistake at the end of a file without a last line end is on its last line`() {
        let error = #expect(throws: ConfigurationError.self) { try World.parse("# a\nloads: [") }
        #expect(error?.rendered.hasPrefix("ballast.yaml:2:9: error: not valid YAML") == true)
        #expect(error?.rendered.contains("  loads: [\n          ^\n") == true)
        let empty = #expect(throws: ConfigurationError.self) { try World.parse("") }
        #expect(empty?.rendered.hasPrefix("ballast.yaml:1:1: error: the file is empty") == true)
    }

    @Test(arguments: [
        ("timeot", "timeout"), ("tiemout", "timeout"), ("nmae", "name"), ("Rate", "rate"),
        ("connect-rate", "connect_rate"), ("inflight", "in_flight"),
    ])
    func `a misspelt key is recognised`(written: String, meant: String) {
        let all = ["name", "rate", "timeout", "connect_rate", "in_flight"]
        #expect(closest(to: written, among: all) == meant)
    }

    @Test func `a swap of neighbours is one edit`() {
        #expect(editDistance("tiemout", "timeout") == 1)
        #expect(editDistance("", "abc") == 3)
        #expect(editDistance("kitten", "sitting") == 3)
        #expect(closest(to: "users", among: ["name", "rate"]) == nil)
    }
}
