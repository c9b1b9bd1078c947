import Measure
import Reactor
import Time
import Transport

/// The last ten minutes of one load, a point a second: what its chart is drawn from, in at most 24 KiB.
package struct LoadHistory {
    /// What happened since the point before, a second ago; more when the main thread was kept from looking.
    package struct Point: Equatable, Sendable {
        /// Whole seconds from the start of the generator to the end of this one.
        package var second: UInt32 = 0
        package var intended: UInt32 = 0
        package var sent: UInt32 = 0
        package var ok: UInt32 = 0
        package var failed: UInt32 = 0
        package var dropped: UInt32 = 0
        /// Of the requests that ended in it, in seconds; NaN where none did.
        package var response = Quantiles()
        package var service = Quantiles()

        package struct Quantiles: Equatable, Sendable {
            package var p50 = Float.nan
            package var p99 = Float.nan

            init() {}

            init(_ new: StepCounts, greatest: Nanoseconds) {
                func quantile(_ rank: Double) -> Float {
                    new.quantile(rank, greatest: greatest).map { Float($0.seconds) } ?? .nan
                }
                p50 = quantile(0.5)
                p99 = quantile(0.99)
            }
        }
    }

    /// What the counters stood at.
    struct Totals {
        var intended: UInt64 = 0
        var sent: UInt64 = 0
        var ok: UInt64 = 0
        var failed: UInt64 = 0
        var dropped: UInt64 = 0
    }

    package static let length = 600

    /// A ring once it is full.
    private var ring: [Point] = []
    private var oldest = 0
    private var last = Totals()
    private var responses = StepDifference()
    private var services = StepDifference()

    init() { ring.reserveCapacity(Self.length) }

    /// - Parameters:
    ///   - totals: since the start, like the times.
    ///   - second: whole ones since the start of the generator.
    mutating func add(
        _ totals: Totals, response: FineSnapshot, service: FineSnapshot, second: UInt32
    ) {
        var point = Point()
        point.second = second
        point.intended = Self.step(totals.intended, last.intended)
        point.sent = Self.step(totals.sent, last.sent)
        point.ok = Self.step(totals.ok, last.ok)
        point.failed = Self.step(totals.failed, last.failed)
        point.dropped = Self.step(totals.dropped, last.dropped)
        point.response = .init(responses.take(response), greatest: response.greatest)
        point.service = .init(services.take(service), greatest: service.greatest)
        last = totals
        if ring.count < Self.length {
            ring.append(point)
        } else {
            ring[oldest] = point
            oldest = (oldest + 1) % Self.length
        }
    }

    private static func step(_ now: UInt64, _ before: UInt64) -> UInt32 {
        UInt32(clamping: now - min(now, before))
    }

    /// From the oldest on.
    /// - Parameter second: only those behind it.
    package func points(after second: UInt32) -> [Point] {
        (ring[oldest...] + ring[..<oldest]).filter { $0.second > second }
    }
}

/// What the main thread keeps up with each second, scraped or not, so that no reading finds long work waiting.
final class Upkeep {
    private let controls: [LoadControl]
    private let loop: EventLoop
    private let start: Instant

    init(_ controls: [LoadControl], loop: EventLoop) {
        self.controls = controls
        self.loop = loop
        start = Clock.now()
        schedule(behind: start)
    }

    /// At whole seconds from the start: when it comes late it skips some, and does not drift.
    private func schedule(behind now: Instant) {
        let next = start + .seconds(Int64(second(at: now)) + 1)
        loop.schedule(at: next) { [weak self] now in
            self?.keepUp(at: now)
            self?.schedule(behind: now)
        }
    }

    private func second(at now: Instant) -> UInt32 {
        UInt32(clamping: (now - start).count / 1_000_000_000)
    }

    func keepUp(at now: Instant) {
        for control in controls { control.keepUp(at: now, second: second(at: now)) }
    }
}
