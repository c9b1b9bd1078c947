import Glibc

/// A small file of the kernel that is read again and again through one descriptor.
struct KeptFile: ~Copyable {
    private let descriptor: Int32

    /// - Returns: nil when the file cannot be opened.
    init?(_ path: String) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
    }

    deinit { _ = close(descriptor) }

    /// What the file holds now, at most 64 KiB of it; nil when it cannot be read any more.
    func read() -> String? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < 65_536 {
            let offset = bytes.count
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress, $0.count, offset)
            }
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            if count == 0 { break }
            bytes += piece.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// One reading of a file that is not kept.
    static func contents(of path: String) -> String? { KeptFile(path)?.read() }
}

/// A folder of the kernel that is listed again and again through one descriptor, also when no other is to be had.
@safe final class KeptFolder {
    private let folder: OpaquePointer

    /// - Returns: nil when the folder cannot be opened.
    init?(_ path: String) {
        guard let folder = unsafe opendir(path) else { return nil }
        unsafe self.folder = folder
    }

    deinit { unsafe closedir(folder) }

    /// How many entries are numbers, the descriptor of this folder left out.
    func countNumbers() -> UInt64 {
        unsafe rewinddir(folder)
        let own = unsafe "\(dirfd(folder))"
        var count: UInt64 = 0
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) && name != own { count += 1 }
        }
        return count
    }
}

extension StringProtocol {
    /// Non-empty lines.
    var lines: [SubSequence] { split(separator: "\n") }

    /// Words between blanks and tabs.
    var words: [SubSequence] { split { $0 == " " || $0 == "\t" } }

    /// The number after a name at the start of a line, as in `nr_throttled 20` or `Max open files
    /// 1024`.
    func number(after name: String) -> UInt64? {
        guard let line = lines.first(where: { $0.hasPrefix(name) }) else { return nil }
        return line.dropFirst(name.count).words.first.flatMap { UInt64($0) }
    }
}
