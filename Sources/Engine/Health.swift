import Measure
import Reactor
package import System
package import Time
import Transport

/// Whether the generator's own numbers can be trusted: looks once a second at the last ten.
package final class Health {
    private static let interval = Nanoseconds.seconds(1)
    private static let window = 10
    /// Shares of a window above which its numbers are suspect.
    private static let noticedLateMax = 0.01
    /// So many late arrivals at a low rate are still the machine's usual pauses.
    private static let noticedLateFree = 2
    private static let throttledMax = 0.01

    private struct Sample {
        var arrivals: UInt64 = 0
        var noticedLate: UInt64 = 0
        var stalls: UInt64 = 0
        var local: UInt64 = 0
        var dropsOfOurs: UInt64 = 0
        var throttled = Nanoseconds.zero
    }

    private let group: CGroup?
    package let processStatistics: ProcessStatistics
    private var samples: [Sample] = []
    /// Why the generator is degraded; empty when it is not.
    package private(set) var reasons: [String] = []

    init(root: String) {
        group = CGroup(root: root)
        processStatistics = ProcessStatistics(root: root)
    }

    /// Cores that the control group allows; nil without a limit.
    package var cpuLimit: Double? { group?.cpuLimit() }

    /// How long the control group has kept this process from running; nil where it does not say.
    package var throttled: Nanoseconds? { group?.throttling()?.throttled }

    func start(_ generator: Generator, loop: EventLoop) {
        look(generator)
        loop.schedule(at: Clock.now() + Self.interval) { [weak self, weak generator] _ in
            if let self, let generator { start(generator, loop: loop) }
        }
    }

    func look(_ generator: Generator) {
        samples.append(sample(generator))
        if samples.count > Self.window + 1 { samples.removeFirst() }
        let found = judge(from: samples[0], to: samples[samples.count - 1])
        if found.isEmpty != reasons.isEmpty {
            generator.announce(found.isEmpty ? .recovered : .degraded(reasons: found))
        }
        reasons = found
    }

    private func sample(_ generator: Generator) -> Sample {
        var sample = Sample()
        for cell in generator.controls.lazy.flatMap(\.cells) {
            sample.arrivals += cell.sent.value
            sample.noticedLate += cell.noticedLate.value
            sample.stalls += cell.stalls.value
            sample.local += cell.requests[Int(Outcome.local.rawValue)]
            sample.dropsOfOurs += cell.dropped[Int(DropReason.late.rawValue)]
        }
        sample.throttled = throttled ?? .zero
        return sample
    }

    private func judge(from old: Sample, to new: Sample) -> [String] {
        var reasons: [String] = []
        let late = new.noticedLate - old.noticedLate
        let arrivals = max(1, new.arrivals - old.arrivals)
        if late > Self.noticedLateFree, Double(late) > Self.noticedLateMax * Double(arrivals) {
            reasons.append(
                "\(late) of \(arrivals) arrivals were noticed more than "
                    + "\(LoadRunner.noticeMax) late")
        }
        let stalls = new.stalls - old.stalls
        if stalls > 0 {
            reasons.append(
                "\(stalls) times we noticed arrivals more than \(LoadRunner.stallMin) late")
        }
        let drops = new.dropsOfOurs - old.dropsOfOurs
        if drops > 0 { reasons.append("\(drops) arrivals were dropped because of our own stall") }
        let local = new.local - old.local
        if local > 0 {
            reasons.append("\(local) requests failed for want of our own resources")
        }
        let throttled = new.throttled - old.throttled
        if throttled.seconds > Self.throttledMax * Double(Self.window) {
            reasons.append("the CPU limit stopped us for \(throttled) of the last 10s")
        }
        return reasons
    }
}
