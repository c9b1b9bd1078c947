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
                buckets: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 1.3, 1.4, \
            1.5, 1.6, 1.7, 1.8, 1.9, 2.1, soon, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8, 2.9, 3.0, \
            3.1, 3.2, 3.3]
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
