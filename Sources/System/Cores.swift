import CLinux

/// The cores that the scheduler may put this process on.
package enum Cores {
    /// The affinity mask, which honours `taskset` and cpusets; 1 when the kernel does not say.
    package static var available: Int { max(1, Int(linux_available_cores())) }
}
