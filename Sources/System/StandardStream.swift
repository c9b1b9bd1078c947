import Glibc

/// What the program says to its user: standard output for results, standard error for everything
/// else.
package enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Takes the numbers of standard streams that were closed before the start, or the next files that are opened would
    /// be written to as such. What is written to them fails, as it would have without.
    package static func claimClosed() {
        for number in Int32(0)...2 where fcntl(number, F_GETFD) < 0 {
            // The lowest free number is this one.
            _ = unsafe open("/dev/null", O_RDONLY)
        }
    }

    /// All of standard input, or its first bytes.
    package static func readInput(atMost most: Int = 2 << 20) -> [UInt8] {
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while content.count < most {
            let count = unsafe Glibc.read(0, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            content += piece.prefix(count)
        }
        return content
    }

    /// Writes all of it, as one `write` wherever the kernel takes it whole. A reader that has gone
    /// away is no error: there is nobody left to tell.
    /// - Returns: why it could not be written; nil when it was.
    @discardableResult
    package func write(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(rawValue, $0.baseAddress! + start, $0.count - start)
            }
            if count > 0 {
                start += count
            } else if errno == EAGAIN {
                var entry = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&entry, 1, 1_000)
            } else if errno == EPIPE {
                return nil
            } else if errno != EINTR {
                return unsafe String(cString: strerror(errno))
            }
        }
        return nil
    }

    /// Writes a line of a log, unless its reader keeps us waiting: a thread that serves others cannot stand still.
    /// - Returns: whether all of it was written.
    package func offer(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            var entry = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&entry, 1, Self.patience) > 0 else { return false }
            // So many fit where a pipe says that it is ready.
            let piece = Array(rest.prefix(Int(PIPE_BUF)))
            let count = unsafe Glibc.write(rawValue, piece, piece.count)
            guard count > 0 || errno == EINTR || errno == EAGAIN else { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    /// In milliseconds.
    private static let patience: Int32 = 50

    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// The terminal's width in characters; nil when it is none, or does not say.
    package var columns: Int? {
        var size = winsize()
        let code = unsafe withUnsafeMutablePointer(to: &size) { pointer in
            unsafe ioctl(rawValue, UInt(TIOCGWINSZ), UnsafeMutableRawPointer(pointer))
        }
        return code == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
    }
}
