import Foundation
import Glibc

/// One thread of a child process held still by the kernel's debugging calls, as one is that hangs inside a library.
/// Made, asked and released by one thread, the kernel wants it so.
package final class HeldThread {
    private typealias Ptrace = @convention(c) (Int, pid_t, Int, Int) -> Int
    private enum Request: Int {
        case detach = 17
        case seize = 0x4206
        case interrupt = 0x4207
    }
    private static let all: Int32 = 0x4000_0000

    private let process: RunningProcess
    private let identifier: pid_t
    private let ptrace: Ptrace

    /// Returns once the thread stands still.
    package init(named name: String, of process: RunningProcess) throws {
        self.process = process
        let folder = "/proc/\(process.identifier)/task"
        let threads = try FileManager.default.contentsOfDirectory(atPath: folder)
        let found = threads.first {
            (try? String(contentsOfFile: "\(folder)/\($0)/comm", encoding: .utf8)) == name + "\n"
        }
        guard let identifier = found.flatMap({ pid_t($0) }) else {
            throw WaitedInVain(description: "there is no thread \(name)")
        }
        self.identifier = identifier
        // Swift does not import functions with a variable number of arguments.
        let symbol = unsafe dlsym(nil, "ptrace")
        ptrace = unsafe unsafeBitCast(symbol, to: Ptrace.self)
        for request in [Request.seize, .interrupt] {
            guard ptrace(request.rawValue, identifier, 0, 0) == 0 else {
                throw SocketFailure(call: "ptrace \(request)")
            }
        }
        var status: Int32 = 0
        guard unsafe waitpid(identifier, &status, Self.all) == identifier else {
            throw SocketFailure(call: "waitpid")
        }
    }

    deinit { _ = ptrace(Request.detach.rawValue, identifier, 0, 0) }

    /// The exit code of the process, which cannot end before its debugger has taken note of the thread's end.
    package func exitCode() throws -> Int32 {
        try wait(for: "an end in spite of the thread that hangs:\n\(process.errors)") {
            var status: Int32 = 0
            _ = unsafe waitpid(identifier, &status, Self.all | WNOHANG)
            return !process.isRunning
        }
        return try process.exitCode()
    }
}
