import Measure
import Reactor
package import System
package import Time
import Transport

/// Whether the generator's own numbers can be trusted: judges the last ten seconds, once a second and before each
/// scrape.
package final class Health {
    private static let interval = Nanoseconds.seconds(1)
    private static let window = Nanoseconds.seconds(10)
    /// How long a doubt is shown at least, so that no usual scrape interval misses it.
    private static let hold = Nanoseconds.seconds(60)

    private let group: CGroup?
    package let processStatistics: ProcessStatistics
    private let watch: SelfWatch
    private var readings: [(at: Instant, evidence: Evidence)] = []

    /// Why the generator is degraded; empty when it is not.
    package private(set) var reasons: [String] = []
    /// How many times it became degraded: names the present doubt, or the last.
    package private(set) var doubt = 0
    private var raisedAt = Instant.distantPast
    private var lastSeen = Instant.distantPast
    private var wasScraped = false
    private var degradedBefore = Nanoseconds.zero

    init(root: String) {
        group = CGroup(root: root)
        processStatistics = ProcessStatistics(root: root)
        watch = SelfWatch(root: root)
    }

    /// Cores that the control group allows; nil without a limit.
    package var cpuLimit: Double? { group?.cpuLimit() }

    /// How long the control group has kept this process from running; nil where it does not say.
    package var throttled: Nanoseconds? { group?.throttling()?.throttled }

    /// How long the generator has been degraded in all.
    package func degradedTime(by now: Instant) -> Nanoseconds {
        reasons.isEmpty ? degradedBefore : degradedBefore + max(.zero, now - raisedAt)
    }

    func start(_ generator: Generator, loop: EventLoop) {
        let now = Clock.now()
        look(generator, at: now)
        loop.schedule(at: now + Self.interval) { [weak self, weak generator] _ in
            if let self, let generator { start(generator, loop: loop) }
        }
    }

    func look(_ generator: Generator, at now: Instant) {
        look(evidence(generator, at: now), at: now, announce: generator.announce)
    }

    /// Somebody has read a whole page of metrics that was rendered in this doubt.
    package func scraped(in doubt: Int) { if doubt == self.doubt { wasScraped = true } }

    /// Judges what has come since the oldest reading of the window.
    func look(_ evidence: Evidence, at now: Instant, announce: (GeneratorEvent) -> Void) {
        while readings.count > 1, now - readings[1].at >= Self.window { readings.removeFirst() }
        let found = readings.first.map { evidence.reasons(since: $0.evidence, now - $0.at) } ?? []
        if readings.isEmpty || now - readings[readings.count - 1].at >= Self.interval {
            readings.append((now, evidence))
        }
        if !found.isEmpty {
            if reasons.isEmpty {
                doubt += 1
                raisedAt = now
                wasScraped = false
                announce(.degraded(reasons: found))
            }
            lastSeen = now
            reasons = found
        } else if !reasons.isEmpty, wasScraped, now - lastSeen >= Self.hold {
            degradedBefore = degradedTime(by: now)
            reasons = []
            announce(.recovered)
        }
    }

    func evidence(_ generator: Generator, at now: Instant) -> Evidence {
        var evidence = Evidence()
        for control in generator.controls {
            // Whether they were sent or not: what a slow target leaves unsent was noticed too.
            evidence.arrivals +=
                control.scheduled(by: now) ?? control.cells.reduce(0) { $0 + $1.sent.value }
        }
        for cell in generator.controls.lazy.flatMap(\.cells) {
            evidence.noticedLate += cell.noticedLate.value
            evidence.stalls += cell.stalls.value
            evidence.local += cell.requests[Int(Outcome.local.rawValue)]
            evidence.droppedLate += cell.dropped[Int(DropReason.late.rawValue)]
        }
        evidence.throttled = throttled ?? .zero
        evidence.workers = watch.read(generator.crew?.cells ?? [], at: now)
        evidence.steal = watch.steal() ?? .init()
        return evidence
    }
}

/// What the kernel and the workers themselves say of the workers' time. Keeps its files open.
private final class SelfWatch {
    private let root: String
    private var threads: [Int64: ThreadStatistics] = [:]
    private let stealStatistics: StealStatistics

    init(root: String) {
        self.root = root
        stealStatistics = StealStatistics(root: root)
    }

    func steal() -> StealStatistics.Reading? { stealStatistics.read() }

    func read(_ cells: [WorkerCell], at now: Instant) -> [Evidence.Worker] {
        cells.map { cell in
            let scheduled = thread(cell.thread.value)?.read() ?? .init()
            return Evidence.Worker(
                saturated: Nanoseconds(cell.saturated.value), waited: scheduled.waited,
                overdue: max(.zero, now - Instant(nanoseconds: cell.awakeBy.value)))
        }
    }

    private func thread(_ number: Int64) -> ThreadStatistics? {
        guard number > 0 else { return nil }
        if let known = threads[number] { return known }
        threads[number] = ThreadStatistics(thread: number, root: root)
        return threads[number]
    }
}
