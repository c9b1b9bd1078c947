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

/// An open descriptor with one owner; closed when that owner lets go of it.
package struct FileDescriptor: ~Copyable {
    package let number: Int32

    package init(_ number: Int32) { self.number = number }

    deinit { _ = close(number) }

    /// Gives the descriptor away without closing it.
    package consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }
}

/// What changes when a file's content does: which file it is, its size and its time. Links are followed, so a secret
/// that is rotated by exchanging a link changes too.
package struct FileSignature: Hashable, Sendable {
    private let inode: UInt64
    private let size: Int64
    private let changed: Int64

    /// - Returns: nil when there is no such file.
    package init?(of path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        changed = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}
