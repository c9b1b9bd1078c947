import Foundation
import TestSupport

/// One line of a shell, as a reader would type it, with our binary on the path.
struct Shell {
    struct Result {
        let code: Int32
        let output: String
    }

    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("ballast"), withDestinationPath: BallastBinary.path)
    }

    /// - Parameter place: where it runs; the temporary folder when nil.
    func run(
        _ command: String, in place: URL? = nil, environment: [String: String] = [:]
    ) throws -> Result {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let tools = Project.url(".build/tools/bin").path
        let process = try RunningProcess(
            "/bin/bash",
            ["-euo", "pipefail", "-c", "cd '\((place ?? folder.url).path)'\n\(command)"],
            environment: environment.merging(
                ["PATH": "\(folder.url.path):\(tools):\(path)", "HOME": folder.url.path]
            ) { own, _ in own })
        let code = try process.exitCode()
        return Result(code: code, output: process.output + process.errors)
    }
}
