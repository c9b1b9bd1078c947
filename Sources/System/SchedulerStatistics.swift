package import Time

/// What the kernel's scheduler gave one thread of this process, from `/proc/self/task/*/schedstat`.
package final class ThreadStatistics {
    package struct Reading: Hashable, Sendable {
        /// How long it ran.
        package var cpu = Nanoseconds.zero
        /// How long it could have run but had no core.
        package var waited = Nanoseconds.zero

        package init(cpu: Nanoseconds = .zero, waited: Nanoseconds = .zero) {
            self.cpu = cpu
            self.waited = waited
        }
    }

    private let file: KeptFile

    /// - Parameter number: the kernel's number of the thread.
    /// - Returns: nil when the kernel does not say, as without `/proc`.
    package init?(thread number: Int64, root: String = "") {
        guard let file = KeptFile(root + "/proc/self/task/\(number)/schedstat") else { return nil }
        self.file = file
    }

    /// The values now; nil when the thread is gone.
    package func read() -> Reading? {
        guard let words = file.read()?.lines.first?.words, words.count >= 2,
            let cpu = Int64(words[0]), let waited = Int64(words[1])
        else { return nil }
        return Reading(cpu: Nanoseconds(cpu), waited: Nanoseconds(waited))
    }
}

/// What the hypervisor kept from this machine, from the first line of `/proc/stat`.
package final class StealStatistics {
    package struct Reading: Hashable, Sendable {
        /// Ticks in which a core wanted to run and was not let.
        package var stolen: UInt64 = 0
        /// Ticks of all cores in all.
        package var all: UInt64 = 0

        package init(stolen: UInt64 = 0, all: UInt64 = 0) {
            self.stolen = stolen
            self.all = all
        }

        /// What was stolen since an earlier reading, as a share of all cores' time, 0 to 1; nil when none has passed.
        package func share(since old: Reading) -> Double? {
            guard all > old.all, stolen >= old.stolen else { return nil }
            return Double(stolen - old.stolen) / Double(all - old.all)
        }
    }

    private let file: KeptFile?

    /// - Parameter root: a folder that holds `proc`; `""` is the machine itself.
    package init(root: String = "") { file = KeptFile(root + "/proc/stat") }

    /// The values now; nil when the kernel does not say.
    package func read() -> Reading? {
        // cpu user nice system idle iowait irq softirq steal guest ...; guests are counted as user too.
        guard let words = file?.read()?.lines.first?.words, words.first == "cpu", words.count >= 9
        else { return nil }
        let ticks = words[1...8].compactMap { UInt64($0) }
        guard ticks.count == 8 else { return nil }
        return Reading(stolen: ticks[7], all: ticks.reduce(0, +))
    }
}
