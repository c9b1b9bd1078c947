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
    let workerCells: [WorkerCell]
    /// One per worker, with its share of the connections.
    let targets: [SimulatedTarget]
    let grounds: [SimulatedGround]
    private(set) var runners: [LoadRunner] = []
    private(set) var workers: [Worker<SimulatedGround>] = []
    /// How many workers have said that nothing is in flight any more.
    private(set) var drained = 0
    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    let base = Instant(nanoseconds: 1_000_000_000)
    /// No worker runs in here: their own stalls.
    var stalls: [ClosedRange<Instant>] = []
    /// After each turn of a worker.
    var onStep: (Simulation) -> Void = { _ in }
    /// When nothing more is intended; another thread may bring it forward.
    private(set) var end = Instant.distantFuture

    init(
        _ settings: LoadSettings, workers count: WorkerCount = .exactly(1),
        requestsMax: UInt64 = .max, receivesLate: Bool = true,
        outcome: @escaping (Instant) -> Outcome = { _ in .ok },
        onFailure: @escaping (Outcome, String) -> Void = { _, _ in },
        serviceTime: @escaping (Instant) -> Nanoseconds
    ) {
        var configuration = Configuration()
        configuration.loads = [settings]
        configuration.workers = count
        plan = GeneratorPlan(configuration, cores: 4).loads[0]
        let (plan, base) = (plan, base)
        cells = plan.workers.map { _ in LoadCell(bounds: LoadBounds(added: settings.buckets)) }
        workerCells = plan.workers.map { _ in WorkerCell() }
        let grounds = plan.workers.map { _ in SimulatedGround(time: base) }
        self.grounds = grounds
        targets = plan.workers.indices.map { index in
            SimulatedTarget(
                connections: plan.transportOptions(index: index).connections,
                completions: grounds[index].completions, outcome: outcome,
                serviceTime: serviceTime)
        }
        for index in plan.workers.indices {
            grounds[index].target = targets[index]
            let runner = LoadRunner(
                plan: plan, index: index, requestsMax: requestsMax, cell: cells[index],
                transport: targets[index],
                receivesLate: receivesLate && plan.mayReceiveLate, onFailure: onFailure)
            runners.append(runner)
            workers.append(
                Worker(ground: grounds[index], cell: workerCells[index], runners: [runner]) {
                    [unowned self] in drained += 1
                })
        }
    }

    /// What the main thread does for a stop: no worker has started anything beyond the instant.
    func stop(at instant: Instant) {
        end = min(end, instant)
        for ground in grounds { ground.send(.stop(at: instant)) }
    }

    func cancel() { for ground in grounds { ground.send(.cancel) } }

    /// Runs to the last end of what was started within `duration`.
    func run(for duration: Nanoseconds) {
        end = min(end, base + duration)
        for runner in runners { runner.begin(at: base, stop: base + duration) }
        var deadlines = workers.map { $0.work($0.takeIn) }
        var turns = 0
        while drained < workers.count {
            turns += 1
            guard turns < 1_000_000 else {
                Issue.record("the simulation does not get on")
                return
            }
            // Whose turn comes next.
            let wakes = workers.indices.map {
                max(min(deadlines[$0], grounds[$0].nextEvent), grounds[$0].time)
            }
            let index = wakes.indices.min { wakes[$0] < wakes[$1] } ?? 0
            precondition(wakes[index] != .distantFuture, "the simulation stands still")
            now = max(now, wakes[index])
            if let stall = stalls.first(where: { $0.contains(now) }) {
                now = stall.upperBound + .nanoseconds(1)
            }
            let (worker, ground) = (workers[index], grounds[index])
            ground.sleep(until: deadlines[index], now: now)
            // A loop reads the clock once behind its wait, and hands out events by it.
            targets[index].deliver(by: ground.now(), afterEach: worker.takeIn)
            worker.rested()
            deadlines[index] = worker.work(worker.takeIn)
            now = max(now, ground.time)
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
