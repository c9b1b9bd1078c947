import Measure
import Testing
import Time

@testable import Engine

/// What the chart of a load is drawn from.
@Suite struct LoadHistoryTests {
    private func snapshot(_ times: [Nanoseconds]) -> FineSnapshot {
        let histogram = FineHistogram()
        for time in times { histogram.record(time) }
        return histogram.snapshot()
    }

    @Test func `a point holds what is new in its second`() {
        var history = LoadHistory()
        history.add(
            .init(intended: 10, sent: 9, ok: 7, failed: 1, dropped: 1),
            response: snapshot([.milliseconds(10)]), service: snapshot([.milliseconds(5)]),
            second: 1)
        history.add(
            .init(intended: 30, sent: 28, ok: 20, failed: 3, dropped: 2),
            response: snapshot([.milliseconds(10), .milliseconds(40)]),
            service: snapshot([.milliseconds(5)]), second: 2)
        let points = history.points(after: 0)
        #expect(points.map(\.second) == [1, 2])
        #expect(points.map(\.intended) == [10, 20])
        #expect(points.map(\.sent) == [9, 19])
        #expect(points.map(\.ok) == [7, 13])
        #expect(points.map(\.failed) == [1, 2])
        #expect(points.map(\.dropped) == [1, 1])
        for (value, wanted) in [
            (points[0].response.p50, 0.01), (points[0].service.p99, 0.005),
            (points[1].response.p50, 0.04), (points[1].response.p99, 0.04),
        ] as [(Float, Float)] {
            #expect(abs(value - wanted) < wanted / 20, "\(value) \(wanted)")
        }
        #expect(points[1].service.p50.isNaN)
        #expect(history.points(after: 1).map(\.second) == [2])
        #expect(history.points(after: 2).isEmpty)
    }

    @Test func `it keeps ten minutes, the oldest first`() {
        var history = LoadHistory()
        for second in 1...1_000 as ClosedRange<UInt32> {
            history.add(
                .init(intended: UInt64(second)), response: FineSnapshot(),
                service: FineSnapshot(), second: second)
        }
        let points = history.points(after: 0)
        #expect(points.map(\.second) == Array(401...1_000))
        #expect(points.allSatisfy { $0.intended == 1 && $0.response.p50.isNaN })
        #expect(MemoryLayout<LoadHistory.Point>.stride * LoadHistory.length <= 24 << 10)
    }
}
