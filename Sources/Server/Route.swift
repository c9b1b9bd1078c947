package import HTTP1
package import Time

/// One path and what answers it.
package struct Route {
    package let path: String
    /// `GET` includes `HEAD`.
    package let methods: [String]
    /// One line for the list of routes that a 404 shows.
    package let summary: String
    /// Whether `ServerLimits.scrapes` bounds how many answers are under way at once.
    package let isLimited: Bool
    /// Called on the loop's thread as soon as a request is complete; it must not wait for anything.
    package let answer: (ServerRequest) -> Response

    package init(
        _ path: String, methods: [String] = ["GET"], summary: String, isLimited: Bool = false,
        answer: @escaping (ServerRequest) -> Response
    ) {
        self.path = path
        self.methods = methods
        self.summary = summary
        self.isLimited = isLimited
        self.answer = answer
    }

    /// For `Allow`: `GET, HEAD`.
    var allowed: [String] { methods.contains("GET") ? methods + ["HEAD"] : methods }
}

/// A complete request and its times.
package struct ServerRequest {
    package let request: HTTPRequest
    /// When its first byte was read.
    package let began: Instant
    /// When its last byte was read.
    package let completed: Instant

    package init(_ request: HTTPRequest, began: Instant, completed: Instant) {
        self.request = request
        self.began = began
        self.completed = completed
    }

    /// The query's items in their order, percent-decoded; a name without `=` has an empty value.
    package var queryItems: [(name: String, value: String)] {
        (request.query ?? "").split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(parts[0]), parts.count > 1 ? Self.decoded(parts[1]) : "")
        }
    }

    /// `%41` and `+`; a malformed escape stands for itself.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            if byte == UInt8(ascii: "%"), digits.count == 2 {
                bytes.append(UInt8(digits[0] * 16 + digits[1]))
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
