package import Config
package import Schedule
import System
import Time
import Transport

/// How one load is carried: everything that follows from its settings and the number of workers.
package struct LoadPlan: Sendable {
    package let settings: LoadSettings
    /// Which of the generator's workers carry it, ascending.
    package let workers: [Int]
    /// Nil for `rate: max`, which has no schedule.
    package let schedule: Schedule?

    package var isClosedLoop: Bool { schedule == nil }

    /// The share of a limit that worker number `index` of this load's workers gets; the shares add up to the total.
    func share(of total: Int, index: Int) -> Int {
        total / workers.count + (index < total % workers.count ? 1 : 0)
    }

    /// Whether arrivals are so dense that answers may wait for the next one. It follows from the mean rate alone: were
    /// it decided for each request, slow and fast times would not be sampled alike.
    var mayReceiveLate: Bool {
        guard let schedule else { return false }
        let gap = Double(schedule.workers) / schedule.shape.peak.perSecond
        return gap <= LoadRunner.lateReceiveMax.seconds
    }

    func transportOptions(index: Int) -> TransportOptions {
        let interval =
            Int64(settings.limits.connectRate.period) * Int64(workers.count)
            / Int64(settings.limits.connectRate.requests)
        return TransportOptions(
            connections: share(of: settings.limits.connections, index: index),
            inFlight: share(of: settings.inFlightLimit, index: index),
            timeout: settings.timeout, bodyMax: settings.limits.body,
            handshakeInterval: Nanoseconds(interval), tls: tlsOptions,
            receivesLate: mayReceiveLate)
    }

    private var tlsOptions: TLSOptions? {
        guard settings.target.scheme == .https else { return nil }
        var options = TLSOptions(serverName: settings.tls.serverName ?? settings.target.host)
        options.verify = settings.tls.verify
        options.ca = settings.tls.ca
        options.certificate = settings.tls.certificate
        options.key = settings.tls.key
        options.resume = settings.tls.resume
        return options
    }
}

/// Who carries what: as few workers per load as its rate needs, spread by expected cost.
package struct GeneratorPlan: Sendable {
    package let loads: [LoadPlan]
    /// How many worker threads run.
    package let workerCount: Int

    /// More threads than this would take the machine from the service beside us.
    static let automaticWorkersMax = 4

    /// - Parameter cores: how many cores this process may use, at least 1.
    package init(_ configuration: Configuration, cores: Int) {
        let available: Int
        let isExact: Bool
        switch configuration.workers {
        case .automatic:
            (available, isExact) = (min(max(1, cores), Self.automaticWorkersMax), false)
        case .exactly(let count): (available, isExact) = (count, true)
        }
        var costs = Array(repeating: 0.0, count: available)
        var assigned = [[Int]](repeating: [], count: configuration.loads.count)
        let order = configuration.loads.indices.sorted {
            Self.cost(configuration.loads[$0]) > Self.cost(configuration.loads[$1])
        }
        for index in order {
            let load = configuration.loads[index]
            let wanted = isExact ? available : min(available, Self.fewestWorkers(load, available))
            let count = max(1, min(wanted, load.limits.connections, load.inFlightLimit))
            let chosen = costs.indices.sorted { costs[$0] < costs[$1] }.prefix(count)
            for worker in chosen { costs[worker] += Self.cost(load) / Double(count) }
            assigned[index] = chosen.sorted()
        }
        // Workers without a load are not started: number the others without gaps.
        let used = Set(assigned.joined()).sorted()
        workerCount = used.count
        loads = zip(configuration.loads, assigned).map { settings, workers in
            LoadPlan(
                settings: settings, workers: workers.map { used.firstIndex(of: $0)! },
                schedule: Self.schedule(settings, workers: workers.count))
        }
    }

    /// What one worker carries at a load's peak: measured, with room for its neighbours.
    static func rateMaxPerWorker(_ load: LoadSettings) -> Double {
        load.transportChoice.choice == .direct && load.target.scheme == .http ? 20_000 : 5_000
    }

    private static func fewestWorkers(_ load: LoadSettings, _ available: Int) -> Int {
        guard case .open(let rate) = load.rate else { return available }
        return Int((rate.perSecond / rateMaxPerWorker(load)).rounded(.up))
    }

    /// The expected share of one worker.
    private static func cost(_ load: LoadSettings) -> Double {
        guard case .open(let rate) = load.rate else { return 1_000 }
        return max(1e-3, rate.perSecond / rateMaxPerWorker(load))
    }

    private static func schedule(_ load: LoadSettings, workers: Int) -> Schedule? {
        guard case .open(let rate) = load.rate else { return nil }
        let pacing: Pacing
        switch load.pacing {
        case .automatic: pacing = .automatic(peak: rate, workers: workers)
        case .precise: pacing = .precise
        case .grid(let step): pacing = .grid(step)
        }
        return Schedule(
            shape: .constant(rate), process: load.process, pacing: pacing, workers: workers)
    }
}
