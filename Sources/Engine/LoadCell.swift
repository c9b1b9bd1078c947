import Config
import Measure
import Synchronization
import Time
import Transport

/// Why an arrival was never sent; the fixed values of the label `reason`.
package enum DropReason: UInt8, CaseIterable, Sendable {
    case connections, inFlight, connectRate
    /// Only our own stall held it up.
    case late
    /// Paused to protect the target.
    case `guard`
    case stopping

    /// The label's value.
    package var name: String {
        switch self {
        case .inFlight: "in_flight"
        case .connectRate: "connect_rate"
        default: "\(self)"
        }
    }

    init(_ obstacle: Obstacle) {
        switch obstacle {
        case .connections: self = .connections
        case .inFlight: self = .inFlight
        case .connectRate: self = .connectRate
        }
    }
}

/// The bounds of a load's histograms. Response and service time get the full set, so that they can be compared bucket
/// by bucket; the others a few, so that a load's scrape stays small.
struct LoadBounds: Sendable {
    let times: Bounds
    let startDelay: Bounds
    let phases = Bounds([.milliseconds(1), .milliseconds(10), .milliseconds(100)])

    /// - Parameter added: the load's `buckets`; not for phases.
    init(added: [Nanoseconds]) {
        times = Bounds(Bounds.defaults + added)
        startDelay = Bounds(
            [
                .microseconds(50), .microseconds(100), .microseconds(500), .milliseconds(1),
                .milliseconds(5), .milliseconds(25), .milliseconds(100), .seconds(1),
            ] + added)
    }
}

/// What one worker has counted and measured of one load. The worker writes, the scraper reads and adds up.
final class LoadCell: Sendable {
    let sent = Counter()
    /// Followed redirects: requests on the wire that no arrival asked for.
    let hops = Counter()
    /// By `DropReason.rawValue`.
    let dropped = CounterSet()
    /// By `Outcome.rawValue`.
    let requests = CounterSet()
    let connects = CounterSet()
    let statuses = StatusCounts()
    let sentBytes = Counter()
    let receivedBytes = Counter()
    /// Requests ended by the kernel's stamp.
    let stamped = Counter()
    /// Arrivals that our own worker noticed too late.
    let noticedLate = Counter()
    /// How often our own worker stood still for long.
    let stalls = Counter()

    let connecting = Gauge()
    let idle = Gauge()
    let active = Gauge()

    let ok: ResultTimes
    let failed: ResultTimes
    let startDelay: Histogram
    let connectPhase: Histogram
    let tlsPhase: Histogram
    let waitPhase: Histogram
    let transferPhase: Histogram
    let fineService = FineHistogram()
    let fineStartDelay = FineHistogram()

    init(bounds: LoadBounds) {
        ok = ResultTimes(bounds.times)
        failed = ResultTimes(bounds.times)
        startDelay = Histogram(bounds.startDelay)
        connectPhase = Histogram(bounds.phases)
        tlsPhase = Histogram(bounds.phases)
        waitPhase = Histogram(bounds.phases)
        transferPhase = Histogram(bounds.phases)
    }

    /// Takes in one ended request.
    func record(_ completion: Exchange, as outcome: Outcome) {
        let responseTime = completion.end - completion.intendedStart
        let serviceTime = completion.end - completion.actualStart
        if outcome == .ok {
            ok.record(response: responseTime, service: serviceTime)
        } else {
            failed.record(response: responseTime, service: serviceTime)
        }
        fineService.record(serviceTime)
        if completion.firstByte != .notYet, completion.isSample {
            waitPhase.record(completion.firstByte - completion.sendStart)
            transferPhase.record(completion.end - completion.firstByte)
        }
        if completion.opened { recordConnect(completion, outcome) }
        if completion.status > 0 { statuses.add(completion.status) }
        if completion.stamped { stamped.add() }
        sentBytes.add(UInt64(completion.bytesSent))
        receivedBytes.add(UInt64(completion.bytesReceived))
        requests.add(at: Int(outcome.rawValue))
    }

    private func recordConnect(_ completion: Exchange, _ outcome: Outcome) {
        let isUp = completion.sendStart != .notYet
        connects.add(at: Int((isUp ? Outcome.ok : outcome).rawValue))
        if completion.connectTime > .zero { connectPhase.record(completion.connectTime) }
        if completion.tlsTime > .zero { tlsPhase.record(completion.tlsTime) }
    }
}

/// The times of requests with one `result`.
final class ResultTimes: Sendable {
    let response: Histogram
    let service: Histogram
    let fineResponse = FineHistogram()

    init(_ bounds: Bounds) {
        response = Histogram(bounds)
        service = Histogram(bounds)
    }

    func record(response responseTime: Nanoseconds, service serviceTime: Nanoseconds) {
        response.record(responseTime)
        fineResponse.record(responseTime)
        service.record(serviceTime)
    }
}

/// How often each status code came, 100 to 599 and all others together. One thread writes, any thread reads.
final class StatusCounts: Sendable {
    private let counts = InlineArray<501, Atomic<UInt64>> { _ in Atomic(0) }

    func add(_ status: UInt16) {
        let index = (100...599).contains(status) ? Int(status) - 100 : 500
        let count = counts[index].load(ordering: .relaxed)
        counts[index].store(count &+ 1, ordering: .releasing)
    }

    /// - Parameter status: 100...599, or 0 for all others.
    func count(of status: UInt16) -> UInt64 {
        counts[status == 0 ? 500 : Int(status) - 100].load(ordering: .acquiring)
    }
}

/// A set of status codes as bits, asked once per request.
struct StatusBits {
    private var bits = InlineArray<10, UInt64>(repeating: 0)

    init(_ set: StatusSet) {
        for code in UInt16(0)..<640 where set.contains(code) {
            bits[Int(code >> 6)] |= 1 << UInt64(code & 63)
        }
    }

    func contains(_ status: UInt16) -> Bool {
        status < 640 && bits[Int(status >> 6)] >> UInt64(status & 63) & 1 == 1
    }
}
