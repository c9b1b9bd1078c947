/// The cores that the scheduler may put this process on.
package enum Cores {
    /// The bits of `Cpus_allowed` in `/proc/self/status`, which honours `taskset` and cpusets; 1
    /// when the kernel does not say.
    /// - Parameter root: a folder that holds `proc`; `""` is the machine itself.
    package static func available(root: String = "") -> Int {
        let name = "Cpus_allowed:"
        let status = KeptFile.contents(of: root + "/proc/self/status")
        let mask = status?.lines.first { $0.hasPrefix(name) }?.dropFirst(name.count) ?? ""
        let bits = mask.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        return max(1, bits)
    }
}
