import HTTP1
package import Time

/// What clients may cost the server. Every place, byte and second that a client can hold is bounded
/// here.
package struct ServerLimits: Hashable, Sendable {
    /// Open connections. When all places are taken, the one that has waited longest without a
    /// complete request gives way; when every one is owed an answer, newcomers wait in the kernel's
    /// backlog.
    package var connections = 64
    /// Bytes of a request's head; more is 431.
    package var head = 8_192
    /// Bytes of a request's target; more is 414.
    package var target = 4_096
    /// Bytes of a request's body; more is 413.
    package var body = 8_192
    /// From a connection's start, or a later request's first byte, to the request's last byte; then
    /// 408.
    package var request = Nanoseconds.seconds(5)
    /// Between an answer and the next request.
    package var idle = Nanoseconds.seconds(60)
    /// For the client to read an answer.
    package var answer = Nanoseconds.seconds(30)
    /// Answers at once on routes that are `isLimited`, from request to last byte; more is 503.
    package var scrapes = 40

    package init() {}

    var parser: RequestParser.Limits {
        var parser = RequestParser.Limits()
        parser.head = head
        parser.target = target
        parser.body = body
        return parser
    }
}

/// What the server has seen since its start.
package struct ServerCounts: Hashable, Sendable {
    package var connections = 0
    package var requests = 0
    /// Connections closed to make room for others.
    package var evicted = 0
    /// Connections closed because the client was too slow, in sending or in reading.
    package var timedOut = 0
    /// Requests that were not HTTP, or more of it than the limits allow.
    package var refused = 0
    /// Requests answered 503 because too many of their kind were under way.
    package var limited = 0

    package init() {}
}

/// The answers to requests that no route takes.
extension Server {
    /// RFC 9110 §9.1 and §15.6.2: a known method gets 405, one that nobody knows 501.
    static func refusal(of request: HTTPRequest, _ route: Route) -> Response {
        let known = [
            "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT",
        ]
        guard known.contains(request.method) else {
            return .text("501 Not Implemented: this method is not known here\n", status: 501)
        }
        let allowed = route.allowed.joined(separator: ", ")
        var response = Response.text(
            "405 Method Not Allowed: \(route.path) takes \(allowed)\n", status: 405)
        response.headers = [("Allow", allowed)]
        return response
    }

    static func notFoundText(_ routes: [Route]) -> String {
        let width = routes.map { $0.path.utf8.count }.max() ?? 0
        let lines = routes.map { route in
            let gap = String(repeating: " ", count: width - route.path.utf8.count + 2)
            return "  \(route.path)\(gap)\(route.summary)"
        }
        return "404 Not Found. What there is:\n\n" + lines.joined(separator: "\n") + "\n"
    }
}
