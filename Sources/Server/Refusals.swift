import HTTP1

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
