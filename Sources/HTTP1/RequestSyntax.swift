/// The grammar of one request's lines (RFC 9110 and 9112), as pure functions.
enum RequestSyntax {
    enum Framing: Hashable {
        case none
        case length(Int)
        case chunked
    }

    /// method SP target SP version (RFC 9112 §3).
    static func requestLine(_ line: [UInt8]) throws(RequestError) -> HTTPRequest {
        let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw RequestError(400, "the request line is not 'method target version'")
        }
        guard isToken(parts[0]) else { throw RequestError(400, "the method is not a token") }
        let method = text(parts[0])
        let minor = try minorVersion(parts[2])
        guard parts[1].allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw RequestError(400, "the target holds a character that must be percent-encoded")
        }
        let target = text(parts[1])
        guard isTarget(target, method: method) else {
            throw RequestError(400, "the target is neither a path nor an http URL")
        }
        return HTTPRequest(method: method, target: target, minorVersion: minor)
    }

    /// `HTTP/` digit `.` digit (RFC 9112 §2.3).
    private static func minorVersion(_ bytes: ArraySlice<UInt8>) throws(RequestError) -> Int {
        let version = Array(bytes)
        guard version.count == 8, version.starts(with: "HTTP/".utf8), isDigit(version[5]),
            version[6] == UInt8(ascii: "."), isDigit(version[7])
        else { throw RequestError(400, "the version is not 'HTTP/1.1'") }
        guard version[5] == UInt8(ascii: "1") else {
            throw RequestError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        }
        return version[7] == UInt8(ascii: "0") ? 0 : 1
    }

    /// The four forms of RFC 9112 §3.2.
    private static func isTarget(_ target: String, method: String) -> Bool {
        if target.hasPrefix("/") { return true }
        if target == "*" { return method == "OPTIONS" }
        if method == "CONNECT" { return !target.isEmpty }
        let lower = target.prefix(8).lowercased()
        return lower.hasPrefix("http://") || lower.hasPrefix("https://")
    }

    /// name ":" OWS value OWS (RFC 9112 §5); a folded line (§5.2) is refused.
    static func field(_ line: [UInt8], into headers: inout RequestHeaders) throws(RequestError) {
        if isBlank(line[0]) { throw RequestError(400, "a folded header line") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            throw RequestError(400, "a header line without a colon")
        }
        guard isToken(line[..<colon]) else {
            throw RequestError(400, "a header's name is not a token")
        }
        var value = line[(colon + 1)...]
        while let first = value.first, isBlank(first) { value.removeFirst() }
        while let last = value.last, isBlank(last) { value.removeLast() }
        headers.append(text(line[..<colon]), text(value))
    }

    /// How the body ends (RFC 9112 §6.3), and the checks that need the whole head.
    static func framing(
        of request: HTTPRequest, limits: RequestParser.Limits
    ) throws(RequestError) -> Framing {
        let hosts = request.headers.values(of: "host")
        guard hosts.count == 1 || hosts.isEmpty && request.minorVersion == 0 else {
            throw RequestError(400, "exactly one Host header is needed")
        }
        guard hosts.allSatisfy({ $0.utf8.allSatisfy(isHostByte) }) else {
            throw RequestError(400, "the Host header is not a host")
        }
        let lengths = request.headers.values(of: "content-length")
        let codings = request.headers.tokens(of: "transfer-encoding")
        if !request.headers.values(of: "transfer-encoding").isEmpty {
            guard lengths.isEmpty else {
                throw RequestError(400, "both Content-Length and Transfer-Encoding")
            }
            guard request.minorVersion == 1 else {
                throw RequestError(400, "Transfer-Encoding in an HTTP/1.0 request")
            }
            guard limits.chunked, codings == ["chunked"] else {
                throw RequestError(501, "this Transfer-Encoding is not supported")
            }
            return .chunked
        }
        guard let first = lengths.first else { return .none }
        guard lengths.allSatisfy({ $0 == first }), !first.isEmpty, first.utf8.allSatisfy(isDigit)
        else { throw RequestError(400, "Content-Length is not one number") }
        guard let length = Int(first), length <= limits.body else {
            throw RequestError(413, "the body is longer than \(limits.body) bytes")
        }
        return length == 0 ? .none : .length(length)
    }

    /// RFC 9110 §10.1.1: an HTTP/1.0 client's expectation is ignored, an unknown one is refused.
    static func expectsContinue(_ request: HTTPRequest) throws(RequestError) -> Bool {
        guard request.minorVersion == 1, let value = request.headers["expect"] else { return false }
        guard value.lowercased() == "100-continue" else {
            throw RequestError(417, "only 100-continue can be expected")
        }
        return true
    }

    /// chunk-size [ BWS ";" extensions ] (RFC 9112 §7.1); extensions are passed over.
    static func chunkSize(_ line: [UInt8]) throws(RequestError) -> Int {
        let digits = line.prefix { $0 != UInt8(ascii: ";") && !isBlank($0) }
        let extensions = line[digits.endIndex...].drop(while: isBlank)
        // Fifteen hexadecimal digits fit an Int.
        guard (1...15).contains(digits.count), let size = Int(text(digits), radix: 16),
            digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            extensions.isEmpty || extensions.first == UInt8(ascii: ";")
        else { throw RequestError(400, "a chunk's size is not a hexadecimal number") }
        return size
    }

    // MARK: Characters

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.isEmpty
            && bytes.allSatisfy {
                isDigit($0) || isLetter($0) || "!#$%&'*+-.^_`|~".utf8.contains($0)
            }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLetter(byte) || "-._~!$&'()*+,;=:[]%".utf8.contains(byte)
    }
}
