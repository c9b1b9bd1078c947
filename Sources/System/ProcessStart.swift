import CLinux
import Glibc
import Synchronization

/// What the process was started with. Swift's `CommandLine` reads it from `/proc`, and is empty where that is missing.
package enum ProcessArguments {
    fileprivate static let count = Atomic<Int>(0)
    /// The address of `argv`.
    fileprivate static let vector = Atomic<UInt>(0)

    /// All of them, the program's name first.
    package static var all: [String] {
        let address = vector.load(ordering: .acquiring)
        guard
            let first = unsafe UnsafePointer<UnsafePointer<CChar>?>(bitPattern: address)
        else { return CommandLine.arguments }
        return (0..<count.load(ordering: .relaxed)).compactMap { index in
            unsafe first[index].map { unsafe String(cString: $0) }
        }
    }
}

/// glibc calls what stands in this section before `main`, with `main`'s arguments.
@section(".init_array") @used
private let keepArguments: @convention(c) (Int32, UnsafeRawPointer?) -> Void = { count, vector in
    ProcessArguments.count.store(Int(count), ordering: .relaxed)
    ProcessArguments.vector.store(UInt(bitPattern: vector), ordering: .releasing)
}

/// The cores that the scheduler may put this process on.
package enum Cores {
    /// The affinity mask, which honours `taskset` and cpusets; 1 when the kernel does not say.
    package static var available: Int { max(1, Int(linux_available_cores())) }
}

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
