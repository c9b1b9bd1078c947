/// Hosts and ports as they stand in URLs and listen addresses.
package enum HostText {
    /// Four decimal numbers without leading zeros.
    static func isIPv4(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy(isDigit)
                    && (part.utf8.count == 1 || !part.hasPrefix("0")) && UInt8(part) != nil
            }
    }

    /// RFC 4291 section 2.2, without a zone.
    package static func isIPv6(_ text: some StringProtocol) -> Bool {
        let text = String(text)
        guard
            text.utf8.allSatisfy({
                isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            })
        else { return false }
        guard let gap = text.firstRange(of: "::") else {
            return groupCount(text[...]) == 8
        }
        guard let before = groupCount(text[..<gap.lowerBound], mayBeEmpty: true),
            let after = groupCount(text[gap.upperBound...], mayBeEmpty: true)
        else { return false }
        let isBeforePlain = !text[..<gap.lowerBound].contains(".")
        return isBeforePlain && before + after <= 7
    }

    /// How many groups of 16 bits these are; nil when they are malformed. An IPv4 address at the
    /// end counts two.
    private static func groupCount(_ text: Substring, mayBeEmpty: Bool = false) -> Int? {
        if text.isEmpty { return mayBeEmpty ? 0 : nil }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        var count = groups.count
        for (index, group) in groups.enumerated() {
            if index == groups.count - 1, group.contains(".") {
                guard isIPv4(group) else { return nil }
                count += 1
            } else if !(1...4).contains(group.utf8.count) || group.contains(".") {
                return nil
            }
        }
        return count
    }

    /// A DNS name (with `_`, which service names have) or an IPv4 address.
    package static func isName(_ text: some StringProtocol) -> Bool {
        var labels = text.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        guard text.utf8.count <= 253, let last = labels.last else { return false }
        // A name whose last label is a number would be taken for a broken IPv4 address by every
        // resolver.
        if last.utf8.allSatisfy(isDigit), !last.isEmpty { return isIPv4(text) }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy {
                    isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-")
                        || $0 == UInt8(ascii: "_")
                }
        }
    }

    static func port(_ text: some StringProtocol, least: UInt16) throws(InvalidValue) -> UInt16 {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy(isDigit),
            let port = UInt16(text), port >= least
        else {
            throw InvalidValue("the port \(quoted(text)) is not a number from \(least) to 65535")
        }
        return port
    }

    /// Splits `name`, `name:80` or `[::1]:80`.
    /// - Returns: the host without brackets and what stands behind its colon; `isIPv6` says whether
    /// brackets stood.
    static func split(
        _ text: Substring
    ) throws(InvalidValue) -> (host: Substring, port: Substring?, isIPv6: Bool) {
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else {
                throw InvalidValue("\(quoted(text)) has no closing `]`")
            }
            let host = text[text.index(after: text.startIndex)..<close]
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw InvalidValue("\(quoted(rest)) stands behind the address")
            }
            return (host, rest.isEmpty ? nil : rest.dropFirst(), true)
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else {
            throw InvalidValue(
                "\(quoted(text)) has several colons",
                hint: "an IPv6 address stands in brackets: `[::1]:8080`")
        }
        return (parts[0], parts.count == 2 ? parts[1] : nil, false)
    }
}

/// Where the server listens: `0.0.0.0:9909`, `[::]:9909`, `:9909` (all IPv4 addresses); port 0
/// takes a free one.
package struct ListenAddress: Hashable, Sendable {
    /// An IP literal; `0.0.0.0` and `::` listen on every address.
    package var host: String
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// As `parse` reads it.
    var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    static func parse(_ text: String) throws(InvalidValue) -> ListenAddress {
        let (host, port, isIPv6) = try HostText.split(text[...])
        guard let port else {
            throw InvalidValue(
                "\(quoted(text)) has no port",
                hint: text.utf8.allSatisfy(isDigit)
                    ? "write `:\(text)`" : "write `host:port`, for example `0.0.0.0:9909`")
        }
        let number = try HostText.port(port, least: 0)
        if host.isEmpty, !isIPv6 { return ListenAddress(host: "0.0.0.0", port: number) }
        guard isIPv6 ? HostText.isIPv6(host) : HostText.isIPv4(host) else {
            throw InvalidValue(
                "\(quoted(host)) is not an IP address",
                hint: "`0.0.0.0` listens on all addresses, `127.0.0.1` only for this machine")
        }
        return ListenAddress(host: String(host), port: number)
    }
}

extension ScalarKind where Value == ListenAddress {
    static var listenAddress: ScalarKind {
        ScalarKind(
            "address", range: "port 0 to 65535", isText: true, parsing: ListenAddress.parse,
            writing: \.text)
    }
}
