import Config
import Measure
import Schedule
import Testing
import Time
import Transport

@testable import Engine

/// Runs the workers of one load against a simulated target, with time held here.
final class Simulation {
    let plan: LoadPlan
    let cells: [LoadCell]
    /// One per worker, with its share of the connections.
    let targets: [SimulatedTarget]
    private(set) var runners: [LoadRunner] = []
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    let base = Instant(nanoseconds: 1_000_000_000)
    /// The worker does not run in here: its own stall.
    var stalls: [ClosedRange<Instant>] = []
    var onStep: (Simulation) -> Void = { _ in }

    init(
        _ settings: LoadSettings, workers: WorkerCount = .exactly(1),
        requestsMax: UInt64 = .max,
        outcome: @escaping (Instant) -> Outcome = { _ in .ok },
        onFailure: @escaping (Outcome, String) -> Void = { _, _ in },
        serviceTime: @escaping (Instant) -> Nanoseconds
    ) {
        var configuration = Configuration()
        configuration.loads = [settings]
        configuration.workers = workers
        plan = GeneratorPlan(configuration, cores: 4).loads[0]
        let bounds = LoadBounds(added: settings.buckets)
        cells = plan.workers.map { _ in LoadCell(bounds: bounds) }
        let plan = plan
        targets = plan.workers.indices.map { index in
            SimulatedTarget(
                connections: plan.transportOptions(index: index).connections, outcome: outcome,
                serviceTime: serviceTime)
        }
        for index in plan.workers.indices {
            runners.append(
                LoadRunner(
                    plan: plan, index: index, requestsMax: requestsMax, cell: cells[index],
                    transport: targets[index], onFailure: onFailure))
        }
    }

    /// Runs to the last end of what was started within `duration`.
    func run(for duration: Nanoseconds) {
        for runner in runners { runner.begin(at: base, stop: base + duration) }
        var steps = 0
        while !runners.allSatisfy(\.isDrained) {
            steps += 1
            guard steps < 1_000_000 else {
                Issue.record("the simulation does not get on")
                return
            }
            let nextEnd = targets.map(\.nextEnd).min() ?? .distantFuture
            let wake = runners.reduce(nextEnd) { min($0, $1.wake) }
            precondition(wake != .distantFuture, "the simulation stands still")
            now = max(now, wake)
            if let stall = stalls.first(where: { $0.contains(now) }) {
                now = stall.upperBound + .nanoseconds(1)
            }
            for (runner, target) in zip(runners, targets) {
                for completion in target.takeEnded(by: now) { runner.ended(completion) }
                if runner.wake <= now { _ = runner.startDue(now: now, mayOpen: true) }
            }
            onStep(self)
        }
    }

    var sent: UInt64 { cells.reduce(0) { $0 + $1.sent.value } }

    func dropped(_ reason: DropReason) -> UInt64 {
        cells.reduce(0) { $0 + $1.dropped[Int(reason.rawValue)] }
    }

    var droppedTotal: UInt64 { DropReason.allCases.reduce(0) { $0 + dropped($1) } }

    var completed: UInt64 {
        cells.reduce(0) { sum, cell in
            sum + Outcome.allCases.reduce(0) { $0 + cell.requests[Int($1.rawValue)] }
        }
    }

    var response: FineSnapshot {
        var all = FineSnapshot()
        for cell in cells {
            all.merge(cell.ok.fineResponse.snapshot())
            all.merge(cell.failed.fineResponse.snapshot())
        }
        return all
    }

    var startDelay: HistogramSnapshot {
        var all = cells[0].startDelay.snapshot()
        for cell in cells.dropFirst() { all.merge(cell.startDelay.snapshot()) }
        return all
    }

    /// Start delays above a bound of the histogram.
    func delays(above bound: Nanoseconds) -> UInt64 {
        let snapshot = startDelay
        let first = snapshot.bounds.upper.firstIndex { $0 > bound.count } ?? 0
        return snapshot.counts[first...].reduce(0, +)
    }
}

extension LoadSettings {
    static func test(_ rate: RateSetting, _ change: (inout LoadSettings) -> Void = { _ in }) -> Self
    {
        var settings = LoadSettings(
            name: "test", target: Target(scheme: .http, host: "127.0.0.1", port: 80), rate: rate)
        change(&settings)
        return settings
    }

    static func test(
        perSecond rate: UInt64, _ change: (inout LoadSettings) -> Void = { _ in }
    ) -> Self {
        .test(.open(Rate(requests: rate, per: .seconds(1))!), change)
    }
}
