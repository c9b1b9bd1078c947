import Config
import Engine
import Measure
import Reactor
import Schedule
import Server
import Time
import Transport

extension StatusDocument {
    /// What the engine knows, as the status page shows it.
    init(_ generator: Generator, _ report: Report) {
        report.refresh()
        self.init(
            version: Version.number, uptime: (Clock.now() - generator.startTime).seconds,
            ready: !generator.isStopping)
        degraded = generator.health.reasons
        workers = generator.plan.workerCount
        cpuLimitCores = generator.health.cpuLimit
        cpuThrottled = generator.health.throttled?.seconds
        loads = report.loads.enumerated().map { index, load in
            let all = report.quantiles(ofLoad: index)
            return LoadStatus(load, all, report.recentQuantiles(ofLoad: index, all))
        }
    }
}

extension HistoryDocument {
    /// - Parameter second: what the page has already.
    init(_ report: Report, after second: UInt32) {
        self.init(
            loads: report.loads.enumerated().map { index, load in
                Load(
                    name: load.name,
                    points: report.history(ofLoad: index, after: second).map { Point($0) })
            })
    }
}

extension HistoryDocument.Point {
    fileprivate init(_ point: LoadHistory.Point) {
        let times = [
            point.response.p50, point.response.p99, point.service.p50, point.service.p99,
        ]
        self.init(
            second: point.second, intended: point.intended, sent: point.sent, ok: point.ok,
            failed: point.failed, dropped: point.dropped,
            times: times.map { $0.isNaN ? nil : Int(($0 * 1e6).rounded()) })
    }
}

extension LoadStatus {
    fileprivate init(
        _ load: LoadReport, _ quantiles: LoadQuantiles, _ recent: RecentQuantiles
    ) {
        let settings = load.plan.settings
        let choice = settings.transportChoice
        self.init(
            name: load.name,
            target: "\(settings.target.scheme.rawValue)://\(settings.target.authority)"
                + settings.target.path,
            state: load.state.rawValue, transport: choice.choice == .direct ? "direct" : "curl",
            transportReason: choice.because, pacing: load.plan.pacingText,
            endClock: (load.stampedShare ?? 0) > 0.5 ? "kernel stamps" : "own clock")
        workers = load.plan.workers.count
        intendedRate = load.intendedRate
        intended = load.intended
        sent = load.sent
        inFlight = load.inFlight
        backlog = load.backlog
        connections.connecting = Int64(load.connections.connecting)
        connections.idle = Int64(load.connections.idle)
        connections.active = Int64(load.connections.active)
        dropped = DropReason.allCases.map { NamedCount($0.name, load.count($0)) }
        outcomes = Outcome.allCases.map { outcome in
            OutcomeStatus(
                outcome.name, load.count(outcome),
                lastError: load.lastFailures.first { $0.outcome == outcome }?.text)
        }
        responseTime = Times(quantiles.response, recent.response)
        serviceTime = Times(quantiles.service, recent.service)
        startDelay = Times(quantiles.startDelay, recent.startDelay)
    }
}

extension LoadStatus.Times {
    init(_ all: FineSnapshot, _ recent: RecentQuantiles.Windows) {
        self.init()
        sinceStart = LoadStatus.Quantiles(all)
        lastMinute = LoadStatus.Quantiles(recent.minute, greatest: all.greatest)
        lastTenMinutes = LoadStatus.Quantiles(recent.tenMinutes, greatest: all.greatest)
    }
}

extension LoadStatus.Quantiles {
    fileprivate init(_ counts: StepCounts, greatest: Nanoseconds) {
        func quantile(_ rank: Double) -> Double? {
            counts.quantile(rank, greatest: greatest)?.seconds
        }
        self.init(
            p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99),
            max: counts.atMost(greatest: greatest)?.seconds)
    }

    fileprivate init(_ snapshot: FineSnapshot) {
        self.init(
            p50: snapshot.quantile(0.5)?.seconds, p90: snapshot.quantile(0.9)?.seconds,
            p99: snapshot.quantile(0.99)?.seconds,
            max: snapshot.count > 0 ? snapshot.greatest.seconds : nil)
    }
}

extension LoadPlan {
    /// `precise`, `grid 500us` or, without a schedule, `closed loop`.
    var pacingText: String {
        guard let schedule else { return "closed loop" }
        return schedule.pacing == .precise ? "precise" : "grid \(schedule.pacing.grid)"
    }
}
