import Foundation
import TestSupport
import Testing

/// The status page in a real browser.
@Suite struct StatusPageTests {
    @Test func `a browser shows the load, its state and what it sent`() throws {
        let nginx = try TruthNginx()
        let sidecar = try RunningSidecar(
            loads: "  - {name: checkout, target: \"\(nginx.url)\", rate: 100/s}")
        try wait(for: "answers") { ((try? sidecar.metrics().outcome("ok")) ?? 0) > 100 }
        let profile = try TemporaryFolder()
        let chromium = try RunningProcess(
            "/usr/bin/chromium",
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                "--disable-dev-shm-usage", "--user-data-dir=\(profile.url.path)",
                "--virtual-time-budget=3000", "--dump-dom", "http://127.0.0.1:\(sidecar.port)/",
            ])
        #expect(try chromium.exitCode() == 0)
        let page = chromium.output
        #expect(page.contains("checkout"))
        #expect(page.contains("running"))
        #expect(!chromium.errors.contains("Content Security Policy"), "\(chromium.errors)")
        #expect(!chromium.errors.contains("Uncaught"), "\(chromium.errors)")
        let sent = page.components(separatedBy: "<dt>Sent</dt><dd>").dropFirst().first?
            .prefix { $0.isNumber }
        #expect(Int(sent ?? "") ?? 0 > 0, "\(page)")
    }
}
