import Foundation
import TestSupport
import Testing

/// A worker that hangs inside a library holds up no end.
@Suite struct HangingWorkerTests {
    private let nginx: Nginx

    init() throws { nginx = try Nginx() }

    private func sidecar(linger: String) throws -> RunningSidecar {
        try RunningSidecar(
            loads: "  - {name: a, target: \"\(nginx.url)\", rate: 100/s}",
            server: "drain: 100ms, linger: \(linger)")
    }

    @Test func `a worker that hangs while it runs is left behind after a stop`() throws {
        let sidecar = try sidecar(linger: "500ms")
        try wait(for: "requests") { !nginx.requests.isEmpty }
        let held = try HeldThread(named: "worker-0", of: sidecar.process)
        sidecar.process.send(SIGTERM)
        #expect(try held.exitCode() == 0)
        #expect(sidecar.process.errors.contains("leaving without it"))
        #expect(!sidecar.process.errors.contains("msg=\"drained\""))
    }

    @Test func `a worker that hangs after the drain is left behind`() throws {
        let sidecar = try sidecar(linger: "10m")
        try wait(for: "requests") { !nginx.requests.isEmpty }
        sidecar.process.send(SIGTERM)
        try sidecar.process.waitForLog("lingering")
        let held = try HeldThread(named: "worker-0", of: sidecar.process)
        _ = try sidecar.metrics()
        #expect(try held.exitCode() == 0)
        #expect(sidecar.process.errors.contains("msg=\"stopped\""))
        #expect(sidecar.process.errors.contains("leaving without it"))
    }

    @Test(arguments: [true, false])
    func `hit leaves a worker behind that hangs, and says so`(_ isInterrupted: Bool) throws {
        let length = isInterrupted ? "1h" : "1s"
        let process = try BallastBinary.start(
            "hit", nginx.url, "--for", length, "--timeout", "100ms")
        try wait(for: "requests") { !nginx.requests.isEmpty }
        let held = try HeldThread(named: "worker-0", of: process)
        if isInterrupted { process.send(SIGINT) }
        #expect(try held.exitCode() == 1)
        #expect(process.errors.hasPrefix("ballast: a worker did not end in time: "))
        #expect(process.errors.split(separator: "\n").count == 1)
    }

    @Test func `the demo leaves a worker behind that hangs, and says so`() throws {
        let process = try BallastBinary.start("demo", "--listen", "127.0.0.1:0")
        try wait(for: "the demo") { process.output.contains("Ctrl-C stops it") }
        var held: HeldThread?
        try wait(for: "its worker") {
            held = try? HeldThread(named: "worker-0", of: process)
            return held != nil
        }
        process.send(SIGINT)
        #expect(try held?.exitCode() == 1)
        #expect(process.errors.hasPrefix("ballast: a worker did not end in time: "))
    }
}
