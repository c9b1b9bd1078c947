/// The page at `/`: one static document with its script and style as routes of their own, so that
/// the policy allows nothing inline. It polls `/api/v1/status`; without scripts it is a page of
/// links.
package enum StatusPage {
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// - Parameters:
    ///   - version: shown before the first poll and without scripts.
    ///   - status: the document, made anew for each poll.
    ///   - history: what is behind a second.
    package static func routes(
        version: String, status: @escaping () -> StatusDocument,
        history: @escaping (_ after: UInt32) -> HistoryDocument
    ) -> [Route] {
        let page = Array(html.replacing("VERSION", with: escaped(version)).utf8)
        let (script, style, mark) = (Array(script.utf8), Array(style.utf8), Array(icon.utf8))
        let charts = Array(charts.utf8)
        return [
            Route("/", summary: "this generator's state, live") { _ in
                Response(
                    contentType: "text/html; charset=utf-8", body: page,
                    headers: [("Content-Security-Policy", policy), ("X-Frame-Options", "DENY")])
            },
            Route("/status.js", summary: "the page's script") { _ in
                Response(contentType: "text/javascript; charset=utf-8", body: script)
            },
            Route("/charts.js", summary: "the page's charts") { _ in
                Response(contentType: "text/javascript; charset=utf-8", body: charts)
            },
            Route("/status.css", summary: "the page's style") { _ in
                Response(contentType: "text/css; charset=utf-8", body: style)
            },
            Route("/icon.svg", summary: "the page's icon") { _ in
                Response(contentType: "image/svg+xml", body: mark)
            },
            Route("/api/v1/status", summary: "the state as JSON") { _ in
                .json(status().json())
            },
            Route("/api/v1/history", summary: "the last ten minutes; ?after=SECOND") { request in
                let after = request.queryItems.first { $0.name == "after" }?.value
                return .json(history(after.flatMap { UInt32($0) } ?? 0).json())
            },
        ]
    }

    private static var script: String { views + polling }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
    }

    /// A keel with its ballast.
    private static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#0b6e75"\
         d="M2 8h28l-6 14H8z"/><circle cx="16" cy="26" r="4" fill="#d97706"/></svg>
        """

    private static let html = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Ballast</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/status.css">
        <script src="/charts.js" defer></script>
        <script src="/status.js" defer></script>
        </head>
        <body>
        <header>
        <h1>Ballast <small id="version">VERSION</small></h1>
        <p id="summary">Steady load, true numbers.</p>
        <nav aria-label="Endpoints">
        <a href="/metrics">Metrics</a>
        <a href="/config">Configuration</a>
        <a href="/api/v1/status">Status as JSON</a>
        <a href="/readyz?verbose">Readiness</a>
        </nav>
        </header>
        <p id="lost" class="banner bad" role="alert" hidden></p>
        <div id="degraded" class="banner warn" role="status" hidden></div>
        <div id="demo" class="demo" hidden></div>
        <main id="loads">
        <noscript><p>This page shows live numbers by JavaScript, which is off. The links above
        have the same numbers.</p></noscript>
        </main>
        <footer>Response time counts from the moment the schedule meant a request to start, service
        time from the moment it did.</footer>
        </body>
        </html>

        """
}
