import Exposition
import HTTP1

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
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
    ]

    /// - Parameter wall: nanoseconds since 1970.
    static func text(_ wall: Int64) -> String {
        let seconds = max(0, wall / 1_000_000_000)
        let day = seconds / 86_400
        // Years that begin in March put the leap day last; 719 468 days lie between 0000-03-01 and
        // 1970-01-01.
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
        let year = era * 400 + yearOfEra + (month >= 10 ? 1 : 0)
        let time = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60].map(twoDigits)
        return "\(days[Int(day % 7)]), \(twoDigits(dayOfMonth)) \(months[Int(month)]) \(year) "
            + time.joined(separator: ":") + " GMT"
    }

    private static func twoDigits(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
