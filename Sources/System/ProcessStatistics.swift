import Glibc
package import Time

/// What Prometheus clients say about their process (`process_*`), from `/proc/self`.
package final class ProcessStatistics {
    package struct Reading: Hashable, Sendable {
        /// User and system time of all threads.
        package var cpu = Nanoseconds.zero
        package var virtualBytes: UInt64 = 0
        package var residentBytes: UInt64 = 0
        /// Descriptors in use; the one that counts them is left out.
        package var openDescriptors: UInt64 = 0
        /// The soft limit; infinite when there is none.
        package var maxDescriptors = Double.infinity

        fileprivate init() {}
    }

    /// When the process began, in seconds since 1970; nil when the kernel does not say.
    package let startTime: Double?

    private let statistics: KeptFile?
    private let limits: KeptFile?
    private let descriptors: KeptFolder?
    private let ticksPerSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    private let pageSize = UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))

    /// - Parameter root: a folder that holds `proc`; `""` is the machine itself.
    package init(root: String = "") {
        statistics = KeptFile(root + "/proc/self/stat")
        limits = KeptFile(root + "/proc/self/limits")
        descriptors = KeptFolder(root + "/proc/self/fd")
        let booted = KeptFile.contents(of: root + "/proc/stat")?.number(after: "btime ")
        let ticks = statistics?.read().flatMap { Self.fields($0) }?[safe: 19].flatMap { UInt64($0) }
        if let booted, let ticks {
            startTime = Double(booted) + Double(ticks) / Double(ticksPerSecond)
        } else {
            startTime = nil
        }
    }

    /// The values now; nil when `/proc` cannot be read.
    package func read() -> Reading? {
        guard let fields = statistics?.read().flatMap({ Self.fields($0) }), fields.count > 21,
            let user = UInt64(fields[11]), let system = UInt64(fields[12]),
            let virtual = UInt64(fields[20]), let pages = UInt64(fields[21]),
            let openDescriptors = descriptors?.countNumbers(), let limits = limits?.read()
        else { return nil }
        var reading = Reading()
        reading.cpu = Nanoseconds(
            Int64(clamping: (user + system) * (1_000_000_000 / ticksPerSecond)))
        reading.virtualBytes = virtual
        reading.residentBytes = pages * pageSize
        reading.openDescriptors = openDescriptors
        if let most = limits.number(after: "Max open files ") {
            reading.maxDescriptors = Double(most)
        }
        return reading
    }

    /// The fields of `stat` from the third on (man 5 proc). The second is the command in
    /// parentheses, and may hold blanks and parentheses itself.
    private static func fields(_ text: String) -> [Substring]? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        return text[text.index(after: end)...].split { $0 == " " || $0 == "\n" }
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { index < count ? self[index] : nil }
}
