/// Where this process's CPU control group stands in the file system.
struct CGroupMount: Hashable {
    enum Version: Hashable { case v1, v2 }

    let version: Version
    /// The mount point and the group's directory below it; the same when the group is the mount's
    /// root.
    let top: String
    let directory: String

    /// The group and its ancestors up to the mount point, nearest first: each may carry a limit.
    var chain: [String] {
        var chain = [directory]
        while let last = chain.last, last != top, last.count > top.count,
            let slash = last.lastIndex(of: "/")
        {
            chain.append(String(last[..<slash]))
        }
        return chain
    }

    /// Reads `/proc/self/cgroup` and `mountinfo`. A hybrid machine has both versions: the CPU
    /// controller counts, wherever it is. Nil when it is mounted nowhere.
    /// - Parameter root: stands before every path, `""` on a real machine.
    init?(root: String) {
        guard let groups = KeptFile.contents(of: root + "/proc/self/cgroup"),
            let mounts = KeptFile.contents(of: root + "/proc/self/mountinfo")
        else { return nil }
        let mountList = mounts.lines.compactMap(Mount.init)
        for line in groups.lines {
            // 4:cpu,cpuacct:/path
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].split(separator: ",").contains("cpu"),
                let mount = mountList.first(where: { $0.type == "cgroup" && $0.hasCPU })
            else { continue }
            self.init(version: .v1, mount: mount, path: parts[2], root: root)
            return
        }
        guard let line = groups.lines.first(where: { $0.hasPrefix("0::") }),
            let mount = mountList.first(where: { $0.type == "cgroup2" })
        else { return nil }
        self.init(version: .v2, mount: mount, path: line.dropFirst(3), root: root)
    }

    private init(version: Version, mount: Mount, path: Substring, root: String) {
        self.version = version
        top = root + mount.point
        // In a container the mount shows only the group's own part of the tree: what it leaves out
        // is cut off.
        var inner = path
        if mount.root != "/" {
            let shows = path == mount.root || path.hasPrefix(mount.root + "/")
            inner = shows ? path.dropFirst(mount.root.count) : ""
        }
        // `/..` stands for a group outside of the namespace, which cannot be seen.
        let isHidden = inner.split(separator: "/").contains("..")
        directory = inner == "/" || inner.isEmpty || isHidden ? top : top + inner
    }

    private struct Mount {
        let root: String
        let point: String
        let type: Substring
        let hasCPU: Bool

        /// `32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu`
        init?(_ line: Substring) {
            let words = line.words
            guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count > dash + 3 else {
                return nil
            }
            root = String(words[3])
            point = String(words[4])
            type = words[dash + 1]
            hasCPU = words[dash + 3].split(separator: ",").contains("cpu")
        }
    }
}
