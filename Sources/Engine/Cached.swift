import System
import Time

typealias ProcessReading = ProcessStatistics.Reading

/// A value read once for each reading of the report, however many series show parts of it.
final class Cached<Value> {
    private let read: () -> Value
    private var value: Value?
    private var readFor = Instant.distantPast

    init(_ read: @escaping () -> Value) { self.read = read }

    func value(for instant: Instant) -> Value {
        if let value, readFor == instant { return value }
        let fresh = read()
        value = fresh
        readFor = instant
        return fresh
    }
}
