import Engine
import Glibc
import Reactor
import System
import Time

/// The exit codes that scripts may rely on.
enum ExitStatus {
    static let fine: Int32 = 0
    /// Failed at run time; with `hit`, not one request was ok.
    static let failed: Int32 = 1
    /// The command line or the configuration is wrong, or asks for more than this machine allows.
    static let usage: Int32 = 2
    /// `hit`: a threshold does not hold.
    static let threshold: Int32 = 3
}

/// At once: what `exit` does at the end, OpenSSL's clean-up above all, would pull the ground from under threads that
/// still work. Nothing is lost by it, for nothing of ours waits in a buffer of the C library.
func leave(_ code: Int32) -> Never { Glibc._exit(code) }

/// Says in one line why nothing goes on, and leaves.
func leave(_ code: Int32, saying text: String) -> Never {
    StandardStream.error.write("ballast: \(text)\n")
    leave(code)
}

/// Writes a command's result; one that cannot be written is a failure, or a full disk would look like success.
func writeResult(_ text: String) {
    if let reason = StandardStream.output.write(text) {
        leave(ExitStatus.failed, saying: "cannot write to standard output: \(reason)")
    }
}

/// Why Ballast cannot start, in one line, and with which code it leaves.
struct StartError: Error, CustomStringConvertible {
    let description: String
    let code: Int32

    init(_ description: String, code: Int32 = ExitStatus.failed) {
        self.description = description
        self.code = code
    }
}

/// When a command leaves, whatever still hangs: a worker inside a library cannot be interrupted.
final class LastMoment {
    /// What a worker gets beyond the time that it needs by contract: with it the process is gone within a second.
    private static let grace = Nanoseconds.milliseconds(700)

    static let complaint =
        "a worker did not end in time: it hangs in a library, so there is no summary"

    private let loop: EventLoop
    private var instant = Instant.distantFuture

    init(_ loop: EventLoop) { self.loop = loop }

    /// Bounds the end that has just begun; of several bounds the earliest holds.
    /// - Parameter length: how long the end may take by contract.
    func begin(_ length: Nanoseconds) {
        let now = Clock.now()
        instant = min(instant, now + length + Self.grace)
        loop.schedule(at: instant) { [unowned self] _ in loop.stop() }
    }

    /// Ends the worker threads after the loop.
    /// - Returns: false when one of them hangs, and has to be left behind.
    func join(_ generator: Generator) -> Bool {
        generator.join(until: min(instant, Clock.now() + Self.grace))
    }
}
