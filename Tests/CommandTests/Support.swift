import Foundation
import Measure
import Testing
import Time

@testable import ballast

/// A file under `Fixtures` that holds what a text must be.
enum Golden {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures")

    /// Compares, or with UPDATE_GOLDEN=1 writes the file anew.
    static func check(
        _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        let wanted = try String(contentsOf: file, encoding: .utf8)
        #expect(text == wanted, "\(name)", sourceLocation: sourceLocation)
    }
}

/// A histogram of the given values.
func times(_ values: [Nanoseconds]) -> FineSnapshot {
    let histogram = FineHistogram()
    for value in values { histogram.record(value) }
    return histogram.snapshot()
}

extension HitResult {
    /// A run of ten seconds at 50/s in which a few requests failed and one was dropped.
    static func sample() throws -> HitResult {
        var result = HitResult()
        result.plan = Plan(
            url: "http://127.0.0.1:8080/", method: "GET", rate: "50/s", arrivals: "uniform",
            pacing: "precise", transport: "direct", transportReason: "HTTP/1.1 over TCP",
            workers: 1, connections: 64, timeout: .seconds(2))
        result.elapsed = .seconds(10)
        result.intended = 500
        result.sent = 499
        result.completed = 499
        result.dropped = [
            NamedCount(name: "connections", count: 1), NamedCount(name: "in_flight", count: 0),
            NamedCount(name: "late", count: 0),
        ]
        result.outcomes = [
            NamedCount(name: "ok", count: 490), NamedCount(name: "status", count: 6),
            NamedCount(name: "timeout", count: 3, lastError: "no answer within 2s"),
            NamedCount(name: "refused", count: 0),
        ]
        result.statuses = [(200, 490), (503, 6)]
        // 490 values from 1 ms to 50 ms, then six slow ones and three that ran into the timeout.
        var values = (0..<490).map { Nanoseconds.microseconds(1_000 + 100 * $0) }
        values += Array(repeating: .milliseconds(300), count: 6)
        values += Array(repeating: .seconds(2), count: 3)
        result.response = times(values)
        result.service = times(values.map { $0 - .microseconds(100) })
        result.startDelay = times(values.map { _ in .microseconds(100) })
        let histogram = Histogram(Bounds([.milliseconds(10), .milliseconds(100), .seconds(1)]))
        for value in values { histogram.record(value) }
        result.responseBuckets = histogram.snapshot()
        result.sentBytes = 40_500
        result.receivedBytes = 298_123
        result.connectsOK = 7
        result.connectsFailed = 2
        result.thresholds = [try Threshold("p99<250ms"), try Threshold("failed<5%")]
        return result
    }
}
