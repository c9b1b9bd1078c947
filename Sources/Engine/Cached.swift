import System
import Time

typealias ProcessReading = ProcessStatistics.Reading

/// A value read once for each reading of the report, however many series show parts of it. When it cannot be read, the
/// last one stands.
final class Cached<Value> {
    private let read: () -> Value?
    private var value: Value?
    private var readFor = Instant.distantPast

    init(_ first: Value?, _ read: @escaping () -> Value?) {
        value = first
        self.read = read
    }

    func value(for instant: Instant) -> Value? {
        if readFor != instant {
            readFor = instant
            value = read() ?? value
        }
        return value
    }
}
