import Foundation

/// The real program, built beside the tests.
package enum BallastBinary {
    package static var path: String {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "ballast").path
    }

    /// Starts it without the settings that this shell happens to have.
    package static func start(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> RunningProcess {
        let neutral = ["BALLAST_LISTEN": "", "LC_ALL": "C.UTF-8"]
        return try RunningProcess(
            path, arguments, environment: neutral.merging(environment) { _, new in new })
    }
}
