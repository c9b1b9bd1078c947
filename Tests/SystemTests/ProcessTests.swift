import Foundation
import System
import Testing
import Time

@Suite struct ProcessTests {
    private func fixture(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
            .path
    }

    @Test func `the process is read from proc, whatever its command is called`() throws {
        let process = ProcessStatistics(root: fixture("process"))
        let reading = try #require(process.read())
        // Ticks of 1/100 s and pages of 4 KiB: what Linux has on every machine that Swift runs on,
        // but asked for here.
        let ticks = Int64(sysconf(Int32(_SC_CLK_TCK)))
        #expect(reading.cpu == Nanoseconds(1_234 + 66) * (1_000_000_000 / ticks))
        #expect(reading.virtualBytes == 123_456_789)
        #expect(reading.residentBytes == 2_000 * UInt64(sysconf(Int32(_SC_PAGESIZE))))
        #expect(reading.openDescriptors == 3)
        #expect(reading.maxDescriptors == 1_024)
        #expect(process.startTime == 1_700_000_000 + 4_250 / Double(ticks))
    }

    @Test func `open files are counted while no other can be opened`() async {
        await #expect(processExitsWith: .success) {
            let process = ProcessStatistics()
            guard let before = process.read() else { exit(1) }
            while unsafe open("/dev/null", O_RDONLY) >= 0 {}
            guard errno == EMFILE, let after = process.read() else { exit(2) }
            exit(after.openDescriptors > before.openDescriptors ? 0 : 3)
        }
    }

    @Test func `arguments are those of this process`() {
        #expect(ProcessArguments.all == CommandLine.arguments)
        #expect(!ProcessArguments.all.isEmpty)
    }

    @Test func `a process without proc says nothing`() {
        let process = ProcessStatistics(root: fixture("nothing"))
        #expect(process.read() == nil)
        #expect(process.startTime == nil)
    }

    @Test func `this process is alive`() throws {
        let process = ProcessStatistics()
        let before = try #require(process.read())
        #expect(before.residentBytes > 1 << 20)
        #expect(before.virtualBytes >= before.residentBytes)
        #expect(before.openDescriptors >= 3)
        let started = try #require(process.startTime)
        #expect(started < Date().timeIntervalSince1970 + 1)
        #expect(started > Date().timeIntervalSince1970 - 86_400)
        var spent = before
        var sum = 0.0
        while spent.cpu == before.cpu {
            for i in 1...100_000 { sum += 1 / Double(i) }
            spent = try #require(process.read())
        }
        #expect(spent.cpu > before.cpu)
        #expect(sum > 0)
    }

    @Test func `the cores that this process may use are counted`() async throws {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let name = "Cpus_allowed:"
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name) })
        let mask = line.dropFirst(name.count)
        #expect(Cores.available == mask.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) })
        await #expect(processExitsWith: .success) {
            let pinned = try Process.run(
                URL(filePath: "/usr/bin/taskset"),
                arguments: ["--all-tasks", "--pid", "--cpu-list", "0", "\(getpid())"])
            pinned.waitUntilExit()
            exit(pinned.terminationStatus == 0 && Cores.available == 1 ? 0 : 1)
        }
    }

    @Test func `the soft descriptor limit rises to the hard one`() async {
        await #expect(processExitsWith: .success) {
            guard let before = DescriptorLimit.current() else { exit(1) }
            var lowered = rlimit(rlim_cur: rlim_t(before.hard / 2), rlim_max: rlim_t(before.hard))
            guard unsafe setrlimit(Int32(RLIMIT_NOFILE.rawValue), &lowered) == 0 else { exit(2) }
            guard DescriptorLimit.current()?.soft == before.hard / 2 else { exit(3) }
            let raised = DescriptorLimit.raise()
            exit(raised?.soft == before.hard && raised == DescriptorLimit.current() ? 0 : 4)
        }
    }
}
