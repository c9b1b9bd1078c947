import Glibc

/// All that reading a configuration sees of the world, so that tests hold it in their hands.
package struct ConfigurationContext: Sendable {
    package var environment: @Sendable (String) -> String?
    /// The file's bytes, so many at most, or why they cannot be read.
    package var readFile: @Sendable (String, Int) -> Result<[UInt8], FileFailure>
    /// Where set, nothing that the configuration refers to is read, and its values are taken as fitting: hears the name
    /// of each variable and file instead, as the user would write it.
    package var unread: (@Sendable (String) -> Void)?

    package init(
        environment: @escaping @Sendable (String) -> String?,
        readFile: @escaping @Sendable (String, Int) -> Result<[UInt8], FileFailure>
    ) {
        self.environment = environment
        self.readFile = readFile
    }

    /// This process' environment and file system.
    package static let system = ConfigurationContext(
        environment: { name in unsafe getenv(name).map { unsafe String(cString: $0) } },
        readFile: SystemFile.read)

    /// Something harmless for everything that a configuration refers to.
    static let standIns = ConfigurationContext(
        environment: { _ in "x" }, readFile: { _, _ in .success(Array("x".utf8)) })

    /// A file as large as any may be.
    func readFile(_ path: String) -> Result<[UInt8], FileFailure> {
        readFile(path, SystemFile.byteCountMax)
    }
}

/// Why a file cannot be read, in words: `No such file or directory`.
package struct FileFailure: Error, Hashable, Sendable {
    package var reason: String
    /// Whether the file holds more than was asked for.
    var isTooLarge = false

    package init(_ reason: String) { self.reason = reason }

    static func tooLarge(_ most: Int) -> FileFailure {
        var failure = FileFailure("larger than \(SizeText.exact(most))")
        failure.isTooLarge = true
        return failure
    }
}

package enum SystemFile {
    /// Bodies, certificates and secrets are far smaller; a device file would never end.
    package static let byteCountMax = 16 << 20

    package static func isThere(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Only regular files: secrets are read again while loads run, and a pipe could keep that waiting for ever.
    /// - Parameter most: a larger file is a failure, found before any of it is read.
    @Sendable package static func read(
        _ path: String, _ most: Int = byteCountMax
    ) -> Result<[UInt8], FileFailure> {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(lastFailure()) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return .failure(lastFailure()) }
        if status.st_mode & S_IFMT == S_IFDIR {
            return .failure(FileFailure(unsafe String(cString: strerror(EISDIR))))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return .failure(FileFailure("not a regular file"))
        }
        guard status.st_size <= most else { return .failure(.tooLarge(most)) }

        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                return .failure(lastFailure())
            }
            if count == 0 { return .success(content) }
            content += chunk.prefix(count)
            guard content.count <= most else { return .failure(.tooLarge(most)) }
        }
    }

    private static func lastFailure() -> FileFailure {
        FileFailure(unsafe String(cString: strerror(errno)))
    }

    /// A path as written in a file of `folder`: absolute ones stay, others start from the folder.
    static func path(_ path: String, in folder: String) -> String {
        if path.hasPrefix("/") || folder.isEmpty { return path }
        return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
    }

    /// The folder of a file, by its name alone: links are not followed, so that a mounted
    /// ConfigMap's `..data` stays out of it.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
