package import Exposition

/// An answer, complete before its first byte goes out.
package struct Response {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]
    /// Beside those that the server writes itself: Content-Type, Content-Length, Content-Encoding,
    /// Date, Connection, Cache-Control, X-Content-Type-Options, Referrer-Policy.
    package var headers: [(name: String, value: String)]
    /// Whether gzip pays: the server then obeys `Accept-Encoding`.
    package var isCompressible = true
    /// Called on the loop's thread once the kernel has taken the last byte; not called when the
    /// client leaves first.
    package var onWritten: (() -> Void)?

    package init(
        status: Int = 200, contentType: String, body: [UInt8],
        headers: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.headers = headers
    }

    /// Plain text in UTF-8.
    package static func text(_ text: String, status: Int = 200) -> Response {
        Response(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    package static func json(_ body: [UInt8], status: Int = 200) -> Response {
        Response(status: status, contentType: "application/json", body: body)
    }

    /// A page of `/metrics`.
    package static func metrics(_ page: [UInt8], format: ExpositionFormat = .text004) -> Response {
        var response = Response(contentType: format.contentType, body: page)
        response.headers = [("Vary", "Accept, Accept-Encoding")]
        return response
    }

    /// The reason phrase of the statuses that occur here.
    static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Status \(status)"
        }
    }
}
