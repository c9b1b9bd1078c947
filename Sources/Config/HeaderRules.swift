/// Header fields and methods as RFC 9110 has them.
package enum HeaderRules {
    /// Headers that Ballast writes itself, and why.
    private static let own: [String: String] = [
        "content-length": "Ballast computes it from the body",
        "transfer-encoding": "Ballast sends a body with its length, never chunked",
        "connection": "Ballast decides how connections are kept",
        "keep-alive": "Ballast decides how connections are kept",
        "proxy-connection": "Ballast decides how connections are kept",
        "upgrade": "Ballast stays on HTTP",
        "trailer": "Ballast sends no trailers",
    ]

    /// RFC 9110 section 5.6.2.
    static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                isLetter(byte) || isDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    package static func checkName(_ name: String) throws(InvalidValue) {
        guard isToken(name) else {
            throw InvalidValue(
                "\(quoted(name)) is not a header name", hint: "letters, digits and `-`, no blanks")
        }
        if let reason = own[name.lowercased()] {
            throw InvalidValue("\(quoted(name)) cannot be set", hint: "\(reason): remove it")
        }
    }

    /// Whether text can stand in a field value: a line end would start another header.
    static func checkValue(_ bytes: [UInt8]) throws(InvalidValue) {
        for byte in bytes where (byte < 0x20 && byte != 0x09) || byte == 0x7F {
            let what =
                switch byte {
                case 0x0A, 0x0D: "a line end"
                case 0: "a NUL byte"
                default: "a control character"
                }
            throw InvalidValue("a header value cannot hold \(what)")
        }
        // RFC 9110 allows other bytes and gives them no meaning: a file that was taken for text is the likelier case.
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw InvalidValue("a header value is UTF-8 text")
        }
    }

    /// RFC 9110 section 5.5: a receiver takes blanks at the ends away, and would see another value.
    static func checkEnds(_ bytes: [UInt8]) throws(InvalidValue) {
        for byte in [bytes.first, bytes.last] where byte == 0x20 || byte == 0x09 {
            throw InvalidValue("a header value cannot start or end with a blank")
        }
    }

    /// Host and port; anything else is an answer 400 from every server.
    static func checkHost(_ bytes: [UInt8]) throws(InvalidValue) {
        let foreign = "\"/?#@\\,<>".utf8
        let isFit = bytes.allSatisfy { (0x21...0x7E).contains($0) && !foreign.contains($0) }
        guard isFit else { throw InvalidValue("this is not a host and port") }
    }

    package static func parseMethod(_ text: String) throws(InvalidValue) -> String {
        guard isToken(text), text.utf8.count <= 32 else {
            throw InvalidValue("\(quoted(text)) is not a method", hint: "for example GET or POST")
        }
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]
        if !known.contains(text), known.contains(text.uppercased()) {
            throw InvalidValue(
                "\(quoted(text)) is not a method",
                hint: "methods are case-sensitive: write `\(text.uppercased())`")
        }
        if text == "CONNECT" {
            throw InvalidValue(
                "`CONNECT` opens a tunnel and is not a request", hint: "use `proxy` for a tunnel")
        }
        return text
    }
}

/// Names of loads, which become the value of the label `load`.
package enum LoadName {
    package static func parse(_ text: String) throws(InvalidValue) -> String {
        let bytes = text.utf8
        guard let first = bytes.first, isLetter(first), bytes.count <= 63,
            bytes.allSatisfy({
                isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            })
        else {
            throw InvalidValue(
                "\(quoted(text)) is not a name",
                hint: "a letter, then letters, digits, `-` or `_`; at most 63 in all")
        }
        return text
    }

    /// The seed of a Poisson load that gives none: FNV-1a of its name, so that restarts and
    /// replicas agree and two loads differ.
    package static func seed(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
