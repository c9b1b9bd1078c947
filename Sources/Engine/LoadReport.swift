import Config
package import Measure
import Reactor
package import Time
package import Transport

/// One load's numbers at one moment. At any moment intended = sent + dropped + backlog, and
/// sent = completed + in flight. Not changed after it was read; a class, because a page's thousand series each look up
/// one of its members, and each copy of a struct would cost twenty retains.
package final class LoadReport {
    package enum State: String, CaseIterable, Sendable { case waiting, running }

    package let name: String
    package let plan: LoadPlan
    package fileprivate(set) var state = State.waiting
    /// Since its start, until its stop; zero while it waits.
    package fileprivate(set) var elapsed = Nanoseconds.zero
    package fileprivate(set) var intended: UInt64 = 0
    package fileprivate(set) var sent: UInt64 = 0
    package fileprivate(set) var completed: UInt64 = 0
    /// By `DropReason.rawValue`.
    package fileprivate(set) var dropped: [UInt64] = []
    /// By `Outcome.rawValue`.
    package fileprivate(set) var requests: [UInt64] = []
    package fileprivate(set) var connects: [UInt64] = []
    /// Those of `connects` that only tried whether the target accepts connections.
    package fileprivate(set) var trialConnects: [UInt64] = []
    /// Status codes to be shown, with how often they came; 0 stands for all others.
    package fileprivate(set) var statuses: [(code: UInt16, count: UInt64)] = []
    package fileprivate(set) var sentBytes: UInt64 = 0
    package fileprivate(set) var receivedBytes: UInt64 = 0
    package fileprivate(set) var connections = ConnectionCounts()
    /// Per second; nil without a schedule.
    package fileprivate(set) var intendedRate: Double?
    /// The share of requests whose end the kernel stamped, 0 to 1; nil before the first.
    package fileprivate(set) var stampedShare: Double?
    /// By `isOK`.
    package fileprivate(set) var response: (ok: HistogramSnapshot, failed: HistogramSnapshot)
    package fileprivate(set) var service: (ok: HistogramSnapshot, failed: HistogramSnapshot)
    package fileprivate(set) var startDelay: HistogramSnapshot
    /// In the order of a request; only those that this load can have.
    package fileprivate(set) var phases: [(name: String, times: HistogramSnapshot)] = []
    package fileprivate(set) var lastFailures: [(outcome: Outcome, text: String)] = []

    fileprivate init(
        name: String, plan: LoadPlan, response: (ok: HistogramSnapshot, failed: HistogramSnapshot),
        service: (ok: HistogramSnapshot, failed: HistogramSnapshot), startDelay: HistogramSnapshot
    ) {
        self.name = name
        self.plan = plan
        self.response = response
        self.service = service
        self.startDelay = startDelay
    }

    package var droppedTotal: UInt64 { dropped.reduce(0, +) }
    /// A difference, like the next: if the sums were ever broken it would show, as a negative number.
    package var backlog: Int64 { Int64(intended) - Int64(sent) - Int64(droppedTotal) }
    package var inFlight: Int64 { Int64(sent) - Int64(completed) }
    package func count(_ outcome: Outcome) -> UInt64 { requests[Int(outcome.rawValue)] }
    package func count(_ reason: DropReason) -> UInt64 { dropped[Int(reason.rawValue)] }
}

/// Reads all loads at one moment. Only the main thread uses it; it never waits for a worker.
package final class Report {
    /// Status codes shown per load; what comes later is counted as `other`.
    package static let statusMax = 20

    private let generator: Generator
    private var shownStatuses: [[UInt16]]
    package private(set) var loads: [LoadReport] = []
    package private(set) var readAt = Instant.distantPast
    /// Raised when a status code is shown for the first time: series have been added.
    package private(set) var revision = 0

    package init(_ generator: Generator) {
        self.generator = generator
        shownStatuses = generator.controls.map { Self.expectedStatuses($0) }
        refresh()
    }

    /// The expected codes are shown from the start; of a wide range only its first.
    private static func expectedStatuses(_ control: LoadControl) -> [UInt16] {
        let ranges = control.plan.settings.expect.ranges
        let codes = ranges.flatMap { $0.count <= 5 ? Array($0) : [$0.lowerBound] }
        return Array(codes.prefix(statusMax))
    }

    package func refresh() {
        loads = generator.controls.map { read($0) }
        readAt = Clock.now()
        generator.health.look(generator, at: readAt)
    }

    /// In this order, so that the sums hold: what ended, its times, what was sent, what was dropped, and only then what
    /// is due.
    private func read(_ control: LoadControl) -> LoadReport {
        let cells = control.cells
        func totals(_ count: Int, _ set: (LoadCell) -> CounterSet) -> [UInt64] {
            (0..<count).map { index in cells.reduce(0) { $0 + set($1)[index] } }
        }
        func total(_ counter: (LoadCell) -> Counter) -> UInt64 {
            cells.reduce(0) { $0 + counter($1).value }
        }
        func merged(_ histogram: (LoadCell) -> Histogram) -> HistogramSnapshot {
            var all = histogram(cells[0]).snapshot()
            for cell in cells.dropFirst() { all.merge(histogram(cell).snapshot()) }
            return all
        }
        let requests = totals(Outcome.allCases.count, \.requests)
        let phases = phases(control, merged)
        let response = (ok: merged(\.ok.response), failed: merged(\.failed.response))
        let service = (ok: merged(\.ok.service), failed: merged(\.failed.service))
        let startDelay = merged { $0.startDelay }
        let report = LoadReport(
            name: control.name, plan: control.plan, response: response, service: service,
            startDelay: startDelay)
        report.phases = phases
        report.requests = requests
        report.completed = requests.reduce(0, +)
        report.sent = total(\.sent)
        report.dropped = totals(DropReason.allCases.count, \.dropped)
        let hops = total(\.hops)
        let now = Clock.now()
        report.intended = control.scheduled(by: now).map { $0 + hops } ?? report.sent
        report.elapsed = control.elapsed(at: now)
        if case .running = control.state { report.state = .running }
        report.intendedRate = control.intendedRate(at: now)
        let connects = totals(Outcome.allCases.count, \.connects)
        report.connects = connects.indices.map { connects[$0] + control.gateConnects[$0] }
        report.trialConnects = connects.indices.map { control.gateConnects[$0] }
        report.statuses = statuses(control)
        report.sentBytes = total(\.sentBytes)
        report.receivedBytes = total(\.receivedBytes)
        for cell in cells {
            report.connections.connecting += Int(cell.connecting.value)
            report.connections.idle += Int(cell.idle.value)
            report.connections.active += Int(cell.active.value)
        }
        let stamped = total(\.stamped)
        report.stampedShare =
            report.completed > 0
            ? min(1, Double(stamped) / Double(report.completed)) : nil
        report.lastFailures = control.lastFailures.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { (outcome: $0.key, text: $0.value) }
        return report
    }

    private func phases(
        _ control: LoadControl, _ merged: ((LoadCell) -> Histogram) -> HistogramSnapshot
    ) -> [(name: String, times: HistogramSnapshot)] {
        var phases: [(name: String, times: HistogramSnapshot)] = []
        if case .name = control.endpoint { phases.append(("dns", control.dnsPhase.snapshot())) }
        phases.append(("connect", merged(\.connectPhase)))
        if control.plan.settings.target.scheme == .https {
            phases.append(("tls", merged(\.tlsPhase)))
        }
        phases.append(("wait", merged(\.waitPhase)))
        phases.append(("transfer", merged(\.transferPhase)))
        return phases
    }

    private func statuses(_ control: LoadControl) -> [(code: UInt16, count: UInt64)] {
        let cells = control.cells
        func count(_ code: UInt16) -> UInt64 {
            cells.reduce(0) { $0 + $1.statuses.count(of: code) }
        }
        var shown = shownStatuses[control.index]
        var others: UInt64 = count(0)
        for code in UInt16(100)...599 where !shown.contains(code) {
            let count = count(code)
            guard count > 0 else { continue }
            if shown.count < Self.statusMax { shown.append(code) } else { others += count }
        }
        if others > 0, !shown.contains(0) { shown.append(0) }
        if shown != shownStatuses[control.index] {
            shownStatuses[control.index] = shown
            revision += 1
        }
        return shown.map { (code: $0, count: $0 == 0 ? others : count($0)) }
    }

    /// Fine histograms of all sent requests, for quantiles that people ask for; read when asked.
    package func quantiles(ofLoad index: Int) -> LoadQuantiles {
        generator.controls[index].readQuantiles()
    }

    /// A load's last ten minutes, as far as they are behind a second.
    package func history(ofLoad index: Int, after second: UInt32) -> [LoadHistory.Point] {
        generator.controls[index].history.points(after: second)
    }

    /// - Parameter all: what `quantiles` gave for this load.
    package func recentQuantiles(ofLoad index: Int, _ all: LoadQuantiles) -> RecentQuantiles {
        generator.controls[index].recent.windows(all, at: readAt)
    }
}

package struct LoadQuantiles {
    /// Of all sent requests, whatever their outcome.
    package var response = FineSnapshot()
    package var responseOK = FineSnapshot()
    package var service = FineSnapshot()
    package var startDelay = FineSnapshot()
}
