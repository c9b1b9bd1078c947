/// One HTTP/1.1 request as it was received: syntax checked, nothing decoded.
package struct HTTPRequest: Hashable, Sendable {
    /// As sent; methods are case-sensitive.
    package var method: String
    /// The request target as sent: `/metrics?verbose`, `http://host/metrics`, `*`.
    package var target: String
    /// 0 or 1 of `HTTP/1.x`; later minor versions count as 1.
    package var minorVersion: Int
    package var headers: RequestHeaders
    /// Empty unless the parser was told to keep bodies.
    package var body: [UInt8] = []
    /// Bytes of the body without chunk framing, kept or not.
    package var bodyLength = 0

    package init(
        method: String, target: String, minorVersion: Int = 1, headers: RequestHeaders = .init()
    ) {
        self.method = method
        self.target = target
        self.minorVersion = minorVersion
        self.headers = headers
    }

    /// The target's path without its query, percent-encoding left as it is; `*` stays `*`.
    package var path: Substring {
        let resource = resource
        return resource.prefix { $0 != "?" }
    }

    /// What follows the target's first `?`; nil without one.
    package var query: Substring? {
        let resource = resource
        return resource.firstIndex(of: "?").map { resource[resource.index(after: $0)...] }
    }

    /// Whether the client wants the connection to stay open (RFC 9112 §9.3).
    package var keepsAlive: Bool {
        let options = headers.tokens(of: "connection")
        return minorVersion == 0
            ? options.contains("keep-alive") && !options.contains("close")
            : !options.contains("close")
    }

    /// The target without the scheme and authority of its absolute form (RFC 9112 §3.2.2).
    private var resource: Substring {
        guard !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") else {
            return target[...]
        }
        let rest = target[scheme.upperBound...]
        guard let end = rest.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
        return rest[end] == "?" ? "/" + rest[end...] : rest[end...]
    }
}

/// Header fields in the order received; looked up without regard to case.
package struct RequestHeaders: Hashable, Sendable {
    package struct Field: Hashable, Sendable {
        /// Lower-case.
        package let name: String
        package let value: String
    }

    package private(set) var fields: [Field] = []

    package init() {}

    package mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name.lowercased(), value: value))
    }

    /// The field's value; several of one name are joined by commas, as RFC 9110 §5.3 reads them.
    package subscript(name: String) -> String? {
        let values = values(of: name)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// One value per field line of that name.
    package func values(of name: String) -> [String] {
        let name = name.lowercased()
        return fields.filter { $0.name == name }.map(\.value)
    }

    /// The members of a comma-separated list, trimmed and lower-case.
    package func tokens(of name: String) -> [String] {
        values(of: name).flatMap { $0.split(separator: ",") }.compactMap {
            let token = $0.drop { $0 == " " || $0 == "\t" }.reversed()
                .drop { $0 == " " || $0 == "\t" }.reversed()
            return token.isEmpty ? nil : String(token).lowercased()
        }
    }
}

/// Why a request cannot be served: the status to answer with and the reason in words.
package struct RequestError: Error, Hashable, Sendable, CustomStringConvertible {
    package let status: Int
    package let reason: String

    package init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    package var description: String { "\(status): \(reason)" }
}
