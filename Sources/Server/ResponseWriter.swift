import Exposition
import HTTP1
import Reactor

/// Turns a response into the bytes of one HTTP/1.1 message.
enum ResponseWriter {
    /// Below this a gzip header costs more than it saves.
    static let compressedMin = 512

    /// - Parameters:
    ///   - request: nil when it was not understood.
    ///   - wall: the wall clock, in nanoseconds since 1970.
    ///   - closes: whether this is the connection's last answer.
    static func bytes(
        of response: Response, to request: HTTPRequest?, wall: Int64, closes: Bool
    ) -> [UInt8] {
        var body = response.body
        var encoded = false
        if response.isCompressible, body.count >= compressedMin, let request,
            Negotiation.allowsGzip(acceptEncoding: request.headers["accept-encoding"]),
            let compressed = Gzip.compress(body)
        {
            body = compressed
            encoded = true
        }
        var head = "HTTP/1.1 \(response.status) \(Response.phrase(response.status))\r\n"
        head += "Content-Type: \(response.contentType)\r\nContent-Length: \(body.count)\r\n"
        if encoded { head += "Content-Encoding: gzip\r\n" }
        if response.isCompressible && !response.headers.contains(where: { $0.name == "Vary" }) {
            head += "Vary: Accept-Encoding\r\n"
        }
        for header in response.headers { head += "\(header.name): \(header.value)\r\n" }
        head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        head += "Referrer-Policy: no-referrer\r\nDate: \(HTTPDate.text(wall))\r\n"
        if closes {
            head += "Connection: close\r\n"
        } else if request?.minorVersion == 0 {
            head += "Connection: keep-alive\r\n"
        }
        var bytes = Array((head + "\r\n").utf8)
        if request?.method != "HEAD" { bytes += body }
        return bytes
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
enum HTTPDate {
    /// - Parameter wall: nanoseconds since 1970.
    static func text(_ wall: Int64) -> String {
        UTC.text(max(0, wall), format: "%a, %d %b %Y %H:%M:%S GMT")
    }
}
