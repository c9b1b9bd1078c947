/// URLs as far as configuration needs them.
enum URLText {
    struct Parts {
        /// Lower case.
        var scheme: String
        var userInfo: Substring?
        /// Without brackets.
        var host: String
        var port: UInt16?
        /// What follows the authority: empty, or starting with `/`, `?` or `#`.
        var rest: Substring
    }

    static func parse(_ text: String, schemes: [String]) throws(InvalidValue) -> Parts {
        let wanted = schemes.map { "`\($0)://`" }.joined(separator: " or ")
        guard !text.contains("${") else {
            throw InvalidValue(
                "references such as `${env:…}` do not work here",
                hint: "they work in target, request.path, request.headers and request.body")
        }
        guard let mark = text.firstRange(of: "://") else {
            throw InvalidValue(
                "\(quoted(text)) is not a URL", hint: "it starts with \(wanted)")
        }
        let scheme = text[..<mark.lowerBound].lowercased()
        guard schemes.contains(scheme) else {
            throw InvalidValue(
                "the scheme \(quoted(scheme)) is not supported", hint: "use \(wanted)")
        }
        let afterScheme = text[mark.upperBound...]
        let authority = afterScheme.prefix { !"/?#".contains($0) }
        let rest = afterScheme[authority.endIndex...]
        var address = authority
        var userInfo: Substring?
        if let at = authority.lastIndex(of: "@") {
            userInfo = authority[..<at]
            address = authority[authority.index(after: at)...]
        }
        let (host, port, isIPv6) = try HostText.split(address)
        guard !host.isEmpty else { throw InvalidValue("the URL has no host") }
        guard isIPv6 ? HostText.isIPv6(host) : HostText.isName(host) else {
            throw InvalidValue("the host \(quoted(host)) is not valid")
        }
        let number = try port.map { (text) throws(InvalidValue) in
            try HostText.port(text, least: 1)
        }
        return Parts(
            scheme: scheme, userInfo: userInfo, host: String(host), port: number, rest: rest)
    }

    /// A path (and query) as a user writes it, as a request line holds it: what is not ASCII is percent-encoded, as
    /// browsers and curl do.
    static func path(_ text: some StringProtocol) throws(InvalidValue) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if byte < 0x80 {
                encoded.append(byte)
            } else {
                let digits = Array("0123456789ABCDEF".utf8)
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        try checkPath(encoded)
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Whether a path (and query) can go into a request line as it is: visible ASCII without what
    /// has a meaning of its own, and each `%` followed by two hexadecimal digits.
    static func checkPath(_ bytes: [UInt8]) throws(InvalidValue) {
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "#"):
                throw InvalidValue(
                    "a fragment (`#…`) is never sent to a server", hint: "remove it, or write %23")
            case UInt8(ascii: "%"):
                guard index + 2 < bytes.count, isHexDigit(bytes[index + 1]),
                    isHexDigit(bytes[index + 2])
                else {
                    throw InvalidValue(
                        "a `%` without two hexadecimal digits behind it", hint: "write %25")
                }
            case 0x21...0x7E: continue
            case 0x20: throw InvalidValue("a path cannot hold a blank", hint: "write %20")
            default:
                throw InvalidValue(
                    "a path is ASCII without control characters",
                    hint: "percent-encode the character")
            }
        }
    }
}

extension Target {
    /// `http://host[:port][/path]` or the same with https.
    package static func parse(_ text: String) throws(InvalidValue) -> Target {
        let parts = try URLText.parse(text, schemes: ["http", "https"])
        let scheme = Scheme(rawValue: parts.scheme)!
        if parts.userInfo != nil {
            throw InvalidValue(
                "a user name or password in the URL is not supported",
                hint: "send an `authorization` header from a file or the environment")
        }
        if parts.rest.contains("?") {
            throw InvalidValue("the target cannot have a query", hint: "put it into `request.path`")
        }
        var path = try URLText.path(parts.rest)
        while path.hasSuffix("/") { path.removeLast() }
        return Target(
            scheme: scheme, host: parts.host, port: parts.port ?? (scheme == .https ? 443 : 80),
            path: path)
    }

    /// As `parse` reads it.
    package var url: String { "\(scheme.rawValue)://\(authority)\(path)" }
}

extension ScalarKind where Value == Target {
    static var target: ScalarKind {
        ScalarKind("URL", isText: true, parsing: Target.parse, writing: \.url)
    }
}

extension ScalarKind where Value == String {
    static var proxy: ScalarKind {
        let schemes = ["http", "https", "socks5", "socks5h"]
        return ScalarKind(
            "URL", range: schemes.map { "`\($0)`" }.joined(separator: ", "), isText: true,
            parsing: { (text: String) throws(InvalidValue) -> String in
                let parts = try URLText.parse(text, schemes: schemes)
                guard parts.rest.isEmpty || parts.rest == "/" else {
                    throw InvalidValue(
                        "a proxy has no path, query or fragment", hint: "remove it")
                }
                if let userInfo = parts.userInfo {
                    try URLText.checkPath(Array(userInfo.utf8))
                }
                return text
            }, writing: { $0 })
    }

    /// A DNS name or an IP literal.
    static var hostName: ScalarKind {
        .text("host") { (text: String) throws(InvalidValue) -> String in
            guard HostText.isName(text) || HostText.isIPv6(text) else {
                throw InvalidValue("\(quoted(text)) is not a host name")
            }
            return text
        }
    }
}
