import Foundation
import TestSupport
import Testing

/// How the page looks, with failures, drops and a stall made on purpose, and whether its numbers are those of
/// `/metrics`.
@Suite(.serialized) struct StatusPageLayoutTests {
    /// One answer at a time in 30 ms, every fifth with status 500, and one that takes a second.
    private static func target() throws -> HostileServer {
        try HostileServer { (client) throws(Hangup) in
            var count = 0
            while true {
                try client.readRequest()
                count += 1
                try client.pause(milliseconds: count == 20 ? 1_000 : 30)
                let status = count % 5 == 0 ? "500 Broken" : "200 OK"
                try client.send("HTTP/1.1 \(status)\r\nContent-Length: 2\r\n\r\nok")
            }
        }
    }

    /// - Returns: loads that want four times what one connection carries: nearly three quarters are dropped.
    private static func sidecar(_ target: HostileServer, loadCount: Int) throws -> RunningSidecar {
        let loads = (1...loadCount).map { number in
            """
              - {name: a-load-with-quite-a-long-name-\(number), rate: 120/s, timeout: 1m,
                 target: "http://127.0.0.1:\(target.port)/a/base/path", arrivals: poisson,
                 limits: {connections: 1, late: 10ms}}
            """
        }
        return try RunningSidecar(
            loads: loads.joined(separator: "\n"), server: "drain: 2s, linger: 10m")
    }

    /// What sticks out of the window, or of a box that hides it.
    private static let cutOff = """
        [...document.querySelectorAll("body *")].filter((node) => {
          const box = node.getBoundingClientRect();
          if (box.width === 0 || getComputedStyle(node).visibility === "hidden") return false;
          const hides = node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0
            && getComputedStyle(node).overflowX !== "visible";
          return hides || box.left < -1 || box.right > innerWidth + 1;
        }).map((node) => `${innerWidth}: ${node.outerHTML.slice(0, 120)}`)
        .concat(document.documentElement.scrollWidth > innerWidth ? ["it scrolls sideways"] : [])
        """

    @Test(arguments: [1, 4, 40])
    func `nothing is cut off, and all of it comes from here`(loadCount: Int) throws {
        let target = try Self.target()
        defer { target.stop() }
        let sidecar = try Self.sidecar(target, loadCount: loadCount)
        let page = "http://127.0.0.1:\(sidecar.port)/"
        let browser = try Browser()
        try wait(for: "drops and failures") {
            let metrics = try? sidecar.metrics()
            return (metrics?.outcome("status") ?? 0) > loadCount
                && (metrics?.sum("ballast_requests_dropped_total") ?? 0) > 100
        }
        for (width, isDark) in [(360, false), (900, true), (1_600, false)] {
            try browser.open(page, width: width, isDark: isDark)
            try browser.waitUntil(
                """
                document.querySelectorAll("section.load").length === \(loadCount)
                  && document.querySelectorAll("path.line.dropped").length === \(loadCount)
                  && [...document.querySelectorAll("path.line.sent")].every((line) =>
                    line.getAttribute("d").includes("L"))
                """)
            let cutOff = try browser.evaluate(Self.cutOff) as? [String]
            #expect(cutOff == [], "\(cutOff ?? [])")
            let shown = try browser.evaluate(
                "[...document.querySelectorAll('figure svg')].filter((chart) => "
                    + "chart.getBoundingClientRect().width > 250).length")
            #expect(shown as? Int == 3 * loadCount)
            // Each has a badge, in the overview too.
            let badges = loadCount >= 4 ? 2 * loadCount : loadCount
            try browser.waitUntil(
                "document.querySelectorAll('.state.failing:not([hidden])').length === \(badges)")
            let hasOverview = try browser.evaluate("!document.getElementById('overview').hidden")
            #expect(hasOverview as? Bool == (loadCount >= 4))
        }
        #expect(browser.complaints == [])
        #expect(browser.requestedURLs.count > 20)
        #expect(browser.requestedURLs.filter { !$0.hasPrefix(page) && $0 != "about:blank" } == [])
    }

    /// What stands behind each name on the page.
    private static let figures = """
        Object.fromEntries([...document.querySelectorAll(".figures div, .tables tbody tr")]
          .map((row) => [...row.children].map((cell) => cell.textContent.replaceAll("\\u202f", "")))
          .map(([name, ...cells]) => [name, cells]))
        """

    /// Intended, sent, ok, failed and dropped, added up over all points of the charts.
    private static let history = """
        fetch("/api/v1/history").then((answer) => answer.json()).then((all) =>
          all.columns.slice(1, 6).map((_, i) =>
            all.loads[0].points.reduce((sum, point) => sum + point[i + 1], 0)))
        """

    /// After the stop nothing moves any more, so that page and metrics tell of the same moment.
    @Test func `every number of the page is that of the metrics`() throws {
        let target = try Self.target()
        defer { target.stop() }
        let sidecar = try Self.sidecar(target, loadCount: 1)
        try wait(for: "failures behind the stall") {
            ((try? sidecar.metrics().outcome("status")) ?? 0) > 12
        }
        sidecar.process.send(SIGTERM)
        try sidecar.process.waitForLog("lingering")
        let browser = try Browser()
        try browser.open("http://127.0.0.1:\(sidecar.port)/", width: 1_200)
        try browser.waitUntil(
            "document.querySelector('.figures dd') && document.querySelector('path.line')")
        let figures = try #require(try browser.evaluate(Self.figures) as? [String: [String]])
        var history: [Int] = []
        try wait(for: "the last second of the history") {
            history = try browser.evaluate(Self.history) as? [Int] ?? []
            return history.count == 5 && figures["Sent"] == ["\(history[1])"]
        }
        let metrics = try sidecar.metrics()
        let (ok, failed) = (metrics.outcome("ok"), metrics.outcome("status"))
        let dropped = metrics.sum("ballast_requests_dropped_total")
        let intended = metrics.sum("ballast_requests_intended_total")
        let sent = metrics.sum("ballast_requests_sent_total")
        #expect(Double(dropped) / Double(intended) > 0.6)
        #expect(figures["Sent"] == ["\(sent)"])
        #expect(figures["Dropped"] == ["\(dropped)"])
        #expect(figures["Backlog"] == ["0"])
        #expect(figures["ok"]?.first == "\(ok)")
        #expect(figures["status"]?.first == "\(failed)")
        let shares = [("OK of intended", ok), ("ok", ok), ("status", failed)]
        for (name, count) in shares {
            let shown = figures[name]?.last?.replacingOccurrences(of: "%", with: "") ?? ""
            let share = 100 * Double(count) / Double(intended)
            #expect(abs((Double(shown) ?? -1) - share) < 0.0051, "\(name): \(figures)")
        }
        #expect(history == [intended, sent, ok, failed, dropped])
    }
}
