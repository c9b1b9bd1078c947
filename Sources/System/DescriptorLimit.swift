import Glibc

/// How many descriptors this process may open (`RLIMIT_NOFILE`).
package struct DescriptorLimit: Hashable, Sendable {
    /// What counts now; a process may raise it up to `hard`.
    package var soft: UInt64
    package var hard: UInt64

    package init(soft: UInt64, hard: UInt64) {
        self.soft = soft
        self.hard = hard
    }

    /// The limit now; nil when the kernel does not say.
    package static func current() -> DescriptorLimit? {
        var limit = rlimit()
        guard unsafe getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return DescriptorLimit(soft: UInt64(limit.rlim_cur), hard: UInt64(limit.rlim_max))
    }

    /// Raises the soft limit to the hard one; where that is refused, nothing changes.
    /// - Returns: the limit afterwards.
    @discardableResult
    package static func raise() -> DescriptorLimit? {
        guard let now = current(), now.soft < now.hard else { return current() }
        var limit = rlimit(rlim_cur: rlim_t(now.hard), rlim_max: rlim_t(now.hard))
        _ = unsafe setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit)
        return current()
    }
}
