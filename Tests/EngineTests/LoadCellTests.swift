import Measure
import Testing
import Time
import Transport

@testable import Engine

/// What one ended request adds to which number.
@Suite struct LoadCellTests {
    private let cell = LoadCell(bounds: LoadBounds(added: []))

    /// Intended at 1 s, started 10 ms later, connected in 2 ms and 3 ms, answered after 7 ms and ended 20 ms later.
    private func request() -> Exchange {
        let intended = Instant(nanoseconds: 1_000_000_000)
        var one = Exchange()
        one.intendedStart = intended
        one.actualStart = intended + .milliseconds(10)
        one.sendStart = intended + .milliseconds(15)
        one.firstByte = intended + .milliseconds(22)
        one.end = intended + .milliseconds(42)
        one.opened = true
        one.connectTime = .milliseconds(2)
        one.tlsTime = .milliseconds(3)
        one.status = 200
        one.stamped = true
        one.bytesSent = 70
        one.bytesReceived = 300
        return one
    }

    private func sum(_ histogram: Histogram) -> Nanoseconds {
        Nanoseconds(Int64(histogram.snapshot().sum))
    }

    @Test(arguments: [Outcome.ok, .status, .timeout])
    func `each time goes to its own histogram`(_ outcome: Outcome) {
        cell.record(request(), as: outcome)
        let (mine, other) = outcome == .ok ? (cell.ok, cell.failed) : (cell.failed, cell.ok)
        #expect(sum(mine.response) == .milliseconds(42))
        #expect(mine.fineResponse.snapshot().greatest == .milliseconds(42))
        #expect(sum(mine.service) == .milliseconds(32))
        #expect(cell.fineService.snapshot().greatest == .milliseconds(32))
        #expect(other.response.snapshot().count == 0 && other.service.snapshot().count == 0)
        #expect(sum(cell.connectPhase) == .milliseconds(2))
        #expect(sum(cell.tlsPhase) == .milliseconds(3))
        #expect(sum(cell.waitPhase) == .milliseconds(7))
        #expect(sum(cell.transferPhase) == .milliseconds(20))
    }

    @Test func `an answer that waited in the kernel has no phases behind the send`() {
        var one = request()
        one.isSample = false
        cell.record(one, as: .ok)
        #expect(cell.waitPhase.snapshot().count == 0)
        #expect(cell.transferPhase.snapshot().count == 0)
        #expect(sum(cell.ok.service) == .milliseconds(32))
        #expect(sum(cell.connectPhase) == .milliseconds(2))
    }

    @Test func `each count goes to its own counter`() {
        cell.record(request(), as: .status)
        #expect(cell.sentBytes.value == 70)
        #expect(cell.receivedBytes.value == 300)
        #expect(cell.stamped.value == 1)
        #expect(cell.statuses.count(of: 200) == 1)
        for outcome in Outcome.allCases {
            let index = Int(outcome.rawValue)
            #expect(cell.requests[index] == (outcome == .status ? 1 : 0))
            // The connection came about, whatever became of the request on it.
            #expect(cell.connects[index] == (outcome == .ok ? 1 : 0))
        }
    }

    @Test func `a connect that failed counts as what it was and has no phases`() {
        var one = request()
        one.sendStart = .distantPast
        one.firstByte = .distantPast
        one.connectTime = .zero
        one.tlsTime = .zero
        one.status = 0
        one.stamped = false
        cell.record(one, as: .refused)
        #expect(cell.connects[Int(Outcome.refused.rawValue)] == 1)
        #expect(cell.connects[Int(Outcome.ok.rawValue)] == 0)
        #expect(cell.statuses.count(of: 0) == 0)
        #expect(cell.stamped.value == 0)
        for phase in [cell.connectPhase, cell.tlsPhase, cell.waitPhase, cell.transferPhase] {
            #expect(phase.snapshot().count == 0)
        }
        #expect(sum(cell.failed.response) == .milliseconds(42))
    }

    @Test func `a request on a kept connection counts no connect`() {
        var one = request()
        one.opened = false
        cell.record(one, as: .ok)
        #expect(Outcome.allCases.allSatisfy { cell.connects[Int($0.rawValue)] == 0 })
        #expect(cell.connectPhase.snapshot().count == 0)
    }

    @Test func `statuses from 100 to 599 have a count of their own`() {
        for status in [UInt16(99), 100, 599, 600, 65_535] { cell.statuses.add(status) }
        #expect(cell.statuses.count(of: 100) == 1)
        #expect(cell.statuses.count(of: 599) == 1)
        #expect(cell.statuses.count(of: 0) == 3)
    }
}
