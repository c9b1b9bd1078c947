import Config
import Engine
import Measure
import Schedule
import Time
import Transport

extension HitResult {
    /// What the engine has counted and measured of one load.
    init(_ load: LoadReport, _ quantiles: LoadQuantiles) {
        elapsed = load.elapsed
        intended = load.intended
        sent = load.sent
        completed = load.completed
        dropped = DropReason.allCases.filter { $0 != .guard }
            .map { NamedCount(name: $0.name, count: load.count($0)) }
        outcomes = Outcome.allCases.map { outcome in
            NamedCount(
                name: outcome.name, count: load.count(outcome),
                lastError: load.lastFailures.first { $0.outcome == outcome }?.text)
        }
        statuses = load.statuses.filter { $0.count > 0 }
            .sorted { ($0.code == 0 ? .max : $0.code) < ($1.code == 0 ? .max : $1.code) }
        response = quantiles.response
        service = quantiles.service
        startDelay = quantiles.startDelay
        phases = load.phases.map { phase in
            let count = phase.times.count
            let mean = count > 0 ? Nanoseconds(Int64(phase.times.sum / UInt128(count))) : nil
            return Phase(name: phase.name, count: count, mean: mean)
        }
        responseBuckets = load.response.ok
        responseBuckets.merge(load.response.failed)
        sentBytes = load.sentBytes
        receivedBytes = load.receivedBytes
        // The connection that found out whether the target is there carried no request.
        let connects = zip(load.connects, load.trialConnects).map { $0 - min($0, $1) }
        connectsOK = connects[Int(Outcome.ok.rawValue)]
        connectsFailed = connects.reduce(0, +) - connectsOK
    }
}

extension HitResult.Plan {
    init(_ plan: LoadPlan, url: String) {
        let settings = plan.settings
        let choice = settings.transportChoice
        self.url = url
        method = settings.request.method
        if case .open(let rate) = settings.rate {
            self.rate = RateText.exact(rate)
            perSecond = rate.perSecond
        }
        switch settings.process {
        case .uniform: arrivals = "uniform"
        case .poisson(let seed):
            arrivals = "poisson"
            self.seed = seed
        }
        pacing = plan.pacingText
        transport = choice.choice.rawValue
        transportReason = choice.because
        workers = plan.workers.count
        connections = settings.limits.connections
        timeout = settings.timeout
    }
}
