import Reactor
import Time

/// What the main thread keeps up with each second, scraped or not, so that no reading finds long work waiting.
final class Upkeep {
    private static let interval = Nanoseconds.seconds(1)
    private let controls: [LoadControl]
    private let loop: EventLoop

    init(_ controls: [LoadControl], loop: EventLoop) {
        self.controls = controls
        self.loop = loop
        schedule()
    }

    private func schedule() {
        loop.schedule(at: Clock.now() + Self.interval) { [weak self] now in
            self?.keepUp(at: now)
            self?.schedule()
        }
    }

    func keepUp(at now: Instant) {
        for control in controls { control.keepUp(at: now) }
    }
}
