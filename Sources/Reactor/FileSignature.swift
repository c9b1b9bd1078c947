import CLinux
import Glibc

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
