import CLinux
package import Time

/// Turns signals into events of one loop. Made on the main thread before any other thread starts, because it blocks
/// the signals and threads inherit that.
package final class Signals: EventHandler {
    private let descriptor: FileDescriptor
    private let action: (Int32) -> Void

    package init(
        _ signals: [Int32], on loop: EventLoop, _ action: @escaping (Int32) -> Void
    ) throws(SystemError) {
        descriptor = FileDescriptor(
            try check("signalfd") {
                unsafe linux_signalfd_create(signals, Int32(signals.count))
            })
        self.action = action
        let owner = loop.attach(self)
        try loop.register(descriptor.number, .input, owner: owner, key: EventKey(index: 0))
    }

    package func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        while true {
            let signal = linux_signalfd_read(descriptor.number)
            if signal < 0 { return }
            action(signal)
        }
    }
}
