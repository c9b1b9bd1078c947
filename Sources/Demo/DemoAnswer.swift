/// One answer before it is bytes: head and a body of filler.
struct DemoAnswer: Hashable {
    var status = 200
    var size = 0
    var closes = false
    var isChunked = false
    /// Answers HEAD: announces the body and sends none.
    var isHead = false
    /// Answers HTTP/1.0, whose connections close unless told otherwise.
    var isOld = false

    private static let chunkSize = 4_096

    func rendered() -> [UInt8] {
        Self.rendered(self, body: [UInt8](repeating: UInt8(ascii: "x"), count: size))
    }

    /// - Parameter text: a page of the target's own, such as its counts.
    static func page(_ text: String, type: String, status: Int, like answer: DemoAnswer) -> [UInt8]
    {
        var answer = answer
        answer.status = status
        answer.isChunked = false
        return rendered(answer, body: Array(text.utf8), type: type)
    }

    private static func rendered(
        _ answer: DemoAnswer, body: [UInt8], type: String = "text/plain"
    ) -> [UInt8] {
        let hasBody = answer.status != 204 && answer.status != 304
        var head = "HTTP/1.1 \(answer.status) \(reason(answer.status))\r\nServer: ballast-demo\r\n"
        if hasBody {
            head += "Content-Type: \(type)\r\n"
            head +=
                answer.isChunked
                ? "Transfer-Encoding: chunked\r\n" : "Content-Length: \(body.count)\r\n"
        }
        if answer.status == 405 { head += "Allow: GET, HEAD, POST\r\n" }
        if answer.closes {
            head += "Connection: close\r\n"
        } else if answer.isOld {
            head += "Connection: keep-alive\r\n"
        }
        var bytes = Array((head + "\r\n").utf8)
        guard hasBody && !answer.isHead else { return bytes }
        guard answer.isChunked else { return bytes + body }
        for start in stride(from: 0, to: body.count, by: chunkSize) {
            let chunk = body[start..<min(start + chunkSize, body.count)]
            bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10]
        }
        return bytes + Array("0\r\n\r\n".utf8)
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Content Too Large"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 503: "Service Unavailable"
        case ..<300: "Success"
        case ..<400: "Redirection"
        case ..<500: "Client Error"
        default: "Server Error"
        }
    }
}
