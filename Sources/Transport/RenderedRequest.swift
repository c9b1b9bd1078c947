/// One request, rendered once and sent many times.
package struct RenderedRequest: Hashable, Sendable {
    package struct Header: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package let method: String
    /// Path and query as sent: starts with `/`.
    package let path: String
    /// What `Host` says unless a header overrides it.
    package let authority: String
    package let headers: [Header]
    package let body: [UInt8]
    /// The whole HTTP/1.1 message.
    package let bytes: [UInt8]

    package var isHEAD: Bool { method == "HEAD" }

    package init(
        method: String, path: String, authority: String, userAgent: String, headers: [Header],
        body: [UInt8]
    ) {
        var all: [Header] = []
        func addUnlessGiven(_ name: String, _ value: String) {
            let isGiven = headers.contains { $0.name.lowercased() == name.lowercased() }
            if !isGiven { all.append(Header(name, value)) }
        }
        addUnlessGiven("Host", authority)
        addUnlessGiven("User-Agent", userAgent)
        addUnlessGiven("Accept", "*/*")
        all += headers
        self.method = method
        self.path = path.isEmpty ? "/" : path
        self.authority = authority
        self.headers = all
        self.body = body
        var message = "\(method) \(self.path) HTTP/1.1\r\n"
        for header in all { message += "\(header.name): \(header.value)\r\n" }
        // RFC 9110 section 8.6: methods that expect content announce even an empty one.
        if !body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) {
            message += "Content-Length: \(body.count)\r\n"
        }
        bytes = Array((message + "\r\n").utf8) + body
    }
}
