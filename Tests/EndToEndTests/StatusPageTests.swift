import Foundation
import TestSupport
import Testing

/// The status page in a real browser.
@Suite struct StatusPageTests {
    /// What the browser makes of the page, after its scripts have run.
    private func show(_ sidecar: RunningSidecar) throws -> String {
        let profile = try TemporaryFolder()
        let chromium = try RunningProcess(
            "/usr/bin/chromium",
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                "--disable-dev-shm-usage", "--user-data-dir=\(profile.url.path)",
                "--virtual-time-budget=3000", "--dump-dom", "http://127.0.0.1:\(sidecar.port)/",
            ])
        #expect(try chromium.exitCode() == 0)
        #expect(!chromium.errors.contains("Content Security Policy"), "\(chromium.errors)")
        #expect(!chromium.errors.contains("Uncaught"), "\(chromium.errors)")
        return chromium.output
    }

    @Test func `a browser shows the load, its state and what it sent`() throws {
        let nginx = try TruthNginx()
        let sidecar = try RunningSidecar(
            loads: "  - {name: checkout, target: \"\(nginx.url)\", rate: 100/s}")
        try wait(for: "answers") { ((try? sidecar.metrics().outcome("ok")) ?? 0) > 100 }
        let page = try show(sidecar)
        #expect(page.contains("checkout"))
        #expect(page.contains("running"))
        let sent = page.components(separatedBy: "<dt>Sent</dt><dd>").dropFirst().first?
            .prefix { $0.isNumber }
        #expect(Int(sent ?? "") ?? 0 > 0, "\(page)")
    }

    @Test func `a browser shows the times of the last minute, the last ten, and all`() throws {
        let nginx = try TruthNginx()
        let sidecar = try RunningSidecar(
            loads: "  - {name: checkout, target: \"\(nginx.url)\", rate: 100/s}")
        try wait(for: "answers") { ((try? sidecar.metrics().outcome("ok")) ?? 0) > 100 }
        let page = try show(sidecar)
        for (caption, most) in [
            ("Last minute", "at most"), ("Last ten minutes", "at most"), ("Since the start", "max"),
        ] {
            let table =
                page.components(separatedBy: "<caption>\(caption)</caption>").dropFirst()
                .first?.components(separatedBy: "</table>").first ?? ""
            for name in ["Response", "Service", "Start delay"] {
                let row =
                    table.components(separatedBy: "<th scope=\"row\">\(name)</th>")
                    .dropFirst().first?.components(separatedBy: "</tr>").first ?? ""
                let cells = row.components(separatedBy: "<td class=\"number\">").dropFirst()
                    .map { $0.replacing("</td>", with: "") }
                #expect(cells.count == 4, "\(caption) \(name): \(page)")
                #expect(cells.allSatisfy { $0.contains("\u{202F}") }, "no time: \(cells)")
            }
            #expect(table.contains(">\(most)</th>"), "\(table)")
        }
    }

    /// One connection to a target that takes a second for each answer: nearly all is dropped, nothing fails.
    @Test func `what was dropped is not OK, though nothing failed`() throws {
        let target = try HostileServer { (client) throws(Hangup) in
            while true {
                try client.readRequest()
                try client.pause(milliseconds: 1_000)
                try client.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        defer { target.stop() }
        let sidecar = try RunningSidecar(
            loads: """
                  - {name: checkout, target: "http://127.0.0.1:\(target.port)", rate: 100/s,
                     timeout: 1m, limits: {connections: 1, late: 10ms}}
                """)
        try wait(for: "an answer") { ((try? sidecar.metrics().outcome("ok")) ?? 0) > 0 }
        let page = try show(sidecar)
        let cell =
            page.components(separatedBy: "<dt>OK of intended</dt>").dropFirst().first?
            .components(separatedBy: "</dd>").first ?? ""
        #expect(cell.hasPrefix("<dd class=\"bad\">"), "\(cell)")
        let share = cell.components(separatedBy: ">").last?.prefix { $0.isNumber || $0 == "." }
        #expect((0.001...10).contains(Double(share ?? "") ?? 100), "\(cell)")
    }
}
