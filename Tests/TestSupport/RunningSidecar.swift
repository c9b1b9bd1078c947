import Foundation

/// `ballast run` on a configuration of the test's, with its page.
package final class RunningSidecar {
    package let process: RunningProcess
    package let port: UInt16
    private let folder: TemporaryFolder

    /// - Parameters:
    ///   - loads: lines of `loads`, in flow style from column 0.
    ///   - top: lines before them.
    ///   - server: more keys of `server`.
    package init(
        loads: String, top: String = "", server: String = "drain: 5s, linger: 10m",
        arguments: [String] = [], environment: [String: String] = [:]
    ) throws {
        port = try Network.freePort()
        folder = try TemporaryFolder()
        let file = try folder.write(
            "server: {listen: \"127.0.0.1:\(port)\", \(server)}\n\(top)\nloads:\n\(loads)\n",
            to: "ballast.yaml")
        process = try RunningProcess(
            BallastBinary.path, ["run", file] + arguments, environment: environment)
    }

    package func metrics() throws -> MetricsPage {
        try MetricsPage(try Network.get("/metrics", port: port).body)
    }

    /// Waits for the drain's end, takes the last scrape and sees the process end with code 0.
    package func lastPage(asked: Bool = true) throws -> MetricsPage {
        if asked { process.send(SIGTERM) }
        try process.waitForLog("lingering")
        let page = try metrics()
        let code = try process.exitCode()
        guard code == 0 else { throw WaitedInVain(description: "exit \(code): \(process.errors)") }
        return page
    }
}
