import Foundation
import System
import Testing
import Time

@Suite struct CGroupTests {
    private func fixture(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
            .path
    }

    @Test func `version 2 tells quota, period and microseconds`() throws {
        let group = try #require(CGroup(root: fixture("v2")))
        #expect(group.cpuLimit() == 1.5)
        #expect(
            group.throttling()
                == CGroup.Throttling(
                    periods: 2_000, throttledPeriods: 125, throttled: .microseconds(4_500_001)))
    }

    @Test func `version 2 without a limit has none`() throws {
        let group = try #require(CGroup(root: fixture("v2-max")))
        #expect(group.cpuLimit() == nil)
        #expect(group.throttling()?.throttledPeriods == 0)
    }

    @Test func `an ancestor's tighter limit counts, and its throttling`() throws {
        let group = try #require(CGroup(root: fixture("v2-nested")))
        #expect(group.cpuLimit() == 0.5)
        #expect(group.throttling()?.throttled == .microseconds(7))
    }

    @Test func `version 1 tells quota, period and nanoseconds`() throws {
        let group = try #require(CGroup(root: fixture("v1")))
        #expect(group.cpuLimit() == 0.2)
        #expect(
            group.throttling()
                == CGroup.Throttling(
                    periods: 21, throttledPeriods: 20, throttled: .nanoseconds(1_420_000_123)))
    }

    @Test func `version 1 without a limit has none`() throws {
        let group = try #require(CGroup(root: fixture("v1-none")))
        #expect(group.cpuLimit() == nil)
        #expect(
            group.throttling()
                == CGroup.Throttling(
                    periods: 0, throttledPeriods: 0, throttled: .zero))
    }

    @Test func `a hybrid machine's CPU controller is the one of version 1`() throws {
        let group = try #require(CGroup(root: fixture("hybrid")))
        #expect(group.cpuLimit() == 3)
    }

    @Test func `a container sees only its own part of the tree`() throws {
        let group = try #require(CGroup(root: fixture("v1-container")))
        #expect(group.cpuLimit() == 2)
    }

    @Test func `a machine without control groups has no group`() {
        #expect(CGroup(root: fixture("nothing")) == nil)
    }

    @Test func `a limit that changes is seen by the next reading`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.copyItem(at: URL(filePath: fixture("v2")), to: folder)
        let group = try #require(CGroup(root: folder.path))
        #expect(group.cpuLimit() == 1.5)
        // In place, as the kernel's files are: the descriptor that is kept must see it.
        let file = folder.appending(path: "sys/fs/cgroup/pod/app/cpu.max")
        try Data("max 100000\n".utf8).write(to: file)
        #expect(group.cpuLimit() == nil)
        try Data("200000 100000\n".utf8).write(to: file)
        #expect(group.cpuLimit() == 2)
    }

    @Test func `this machine can be read`() {
        let group = CGroup()
        if let limit = group?.cpuLimit() { #expect(limit > 0) }
        if let throttling = group?.throttling() {
            #expect(throttling.throttledPeriods <= throttling.periods)
        }
    }
}
