import Engine
import Reactor
import Time

/// When a command leaves, whatever still hangs: a worker inside a library cannot be interrupted.
final class LastMoment {
    /// What a worker gets beyond the time that it needs by contract: with it the process is gone within a second.
    private static let grace = Nanoseconds.milliseconds(700)

    static let complaint =
        "a worker did not end in time: it hangs in a library, so there is no summary"

    private let loop: EventLoop
    private var instant = Instant.distantFuture

    init(_ loop: EventLoop) { self.loop = loop }

    /// Bounds the end that has just begun; of several bounds the earliest holds.
    /// - Parameter length: how long the end may take by contract.
    func begin(_ length: Nanoseconds) {
        let now = Clock.now()
        instant = min(instant, now + length + Self.grace)
        loop.schedule(at: instant) { [unowned self] _ in loop.stop() }
    }

    /// Ends the worker threads after the loop.
    /// - Returns: false when one of them hangs, and has to be left behind.
    func join(_ generator: Generator) -> Bool {
        generator.join(until: min(instant, Clock.now() + Self.grace))
    }
}
