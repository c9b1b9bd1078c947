import Exposition
import Measure
import Reactor
import Time

/// What single operations cost: one line each, `name <TAB> nanoseconds <TAB> note`;
/// the nanoseconds are the median of nine runs.
@main
struct MicroCosts {
    static func main() {
        Recording().measure()
        Page().measure()
    }
}

/// Times `count` operations at once, nine times, and prints the median per operation.
func report(_ name: String, note: String = "", count: Int, _ operations: () -> Void) {
    operations()
    let times = (0..<9).map { _ in
        let begin = Clock.now()
        operations()
        return Double((Clock.now() - begin).count) / Double(count)
    }
    let tenths = Int64((times.sorted()[4] * 10).rounded())
    print("\(name)\t\(tenths / 10).\(tenths % 10)\t\(note)")
}

/// One request's marks in the counters and histograms.
struct Recording {
    private let bounds = Bounds(Bounds.defaults)
    private let values = Recording.spreadValues()
    private let rounds = 500

    /// From 50 us to 1.6 s, every magnitude alike; a fixed sequence.
    private static func spreadValues() -> [Nanoseconds] {
        var state: UInt64 = 7
        return (0..<4_096).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let octave = Int64(state >> 60) % 15
            return .nanoseconds((50_000 + Int64(state >> 20 & 0xffff)) << octave)
        }
    }

    func measure() {
        let count = values.count * rounds
        let counter = Counter()
        report("Counter.add", count: count) {
            for _ in 0..<count { counter.add() }
        }
        let histogram = Histogram(bounds)
        report("Histogram.record", note: "16 bounds", count: count) {
            for _ in 0..<rounds {
                for value in values { histogram.record(value) }
            }
        }
        let fine = FineHistogram()
        report("FineHistogram.record", count: count) {
            for _ in 0..<rounds {
                for value in values { fine.record(value) }
            }
        }
        report("Clock.now", count: 100_000) {
            for _ in 0..<100_000 { _ = Clock.now() }
        }
        precondition(counter.value > 0 && fine.snapshot().count == histogram.snapshot().count)
    }
}

/// A page of 50 histograms with 60 bounds each.
struct Page {
    private let histograms: [Histogram]

    init() {
        let bounds = Bounds((1...60).map { Nanoseconds.microseconds(Int64($0 * $0) * 250) })
        histograms = (0..<50).map { _ in Histogram(bounds) }
        for (index, histogram) in histograms.enumerated() {
            for step in 0..<10_000 { histogram.record(.microseconds(Int64(step * (90 + index)))) }
        }
    }

    func measure() {
        let series = histograms.enumerated().map { index, histogram in
            Series([Label("load", "load-\(index)"), Label("result", "ok")]) {
                .histogram(histogram.snapshot())
            }
        }
        var page = TextPage([
            MetricFamily(
                name: "ballast_response_time_seconds", help: "Response time.", kind: .histogram,
                series: series)
        ])
        let text = page.render()
        report("render a page", note: "50 histograms x 60 bounds, \(text.count) bytes", count: 50) {
            for _ in 0..<50 { _ = page.render() }
        }
        let packed = Gzip.compress(text) ?? []
        report("gzip of that page", note: "level 1, \(packed.count) bytes", count: 10) {
            for _ in 0..<10 { _ = Gzip.compress(text) }
        }
    }
}
