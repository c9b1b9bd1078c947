import CLinux
import Glibc

/// A system call that failed where it should not: which call, and errno.
package struct SystemError: Error, Hashable, CustomStringConvertible {
    package let call: String
    package let code: Int32

    package init(_ call: StaticString, _ code: Int32 = errno) {
        self.call = "\(call)"
        self.code = code
    }

    /// errno in words, as `strerror` has it.
    package static func text(of code: Int32) -> String {
        unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }

    package var description: String { "\(call): \(Self.text(of: code))" }
}

/// Runs a call that answers -1 on failure: repeats it when a signal interrupts, throws its errno otherwise.
@discardableResult
func check(_ name: StaticString, _ call: () -> Int32) throws(SystemError) -> Int32 {
    while true {
        let result = call()
        if result >= 0 { return result }
        let code = errno
        precondition(code != EBADF, "\(name) was given a descriptor that is not open")
        if code != EINTR { throw SystemError(name, code) }
    }
}
