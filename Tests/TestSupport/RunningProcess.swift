import Foundation

/// A process whose output goes to files, so that no full pipe can stop it. It is ended with this
/// object.
package final class RunningProcess {
    private let process = Process()
    private let folder: TemporaryFolder

    /// - Parameter environment: added to this process' own; an empty value removes a variable.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws {
        folder = try TemporaryFolder()
        try folder.write("", to: "out")
        try folder.write("", to: "err")
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        let all = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.environment = all.filter { !$0.value.isEmpty }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: folder.url.appending(path: "out"))
        process.standardError = try FileHandle(forWritingTo: folder.url.appending(path: "err"))
        try process.run()
    }

    deinit {
        if process.isRunning { send(SIGKILL) }
        process.waitUntilExit()
    }

    package var output: String { folder.read("out") }
    package var errors: String { folder.read("err") }
    package var isRunning: Bool { process.isRunning }
    package var identifier: Int32 { process.processIdentifier }

    package func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// The exit code; a signal that ended it counts 128 more, as in a shell.
    package func exitCode() throws -> Int32 {
        try wait(for: "the end of \(process.executableURL?.lastPathComponent ?? "a process")") {
            !process.isRunning
        }
        let status = process.terminationStatus
        return process.terminationReason == .exit ? status : 128 + status
    }

    /// Waits for text on standard error.
    package func waitForLog(_ text: String) throws {
        try wait(for: "`\(text)` in:\n\(errors)") {
            if errors.contains(text) { return true }
            guard isRunning else {
                throw WaitedInVain(description: "ended without `\(text)`:\n\(errors)")
            }
            return false
        }
    }
}
