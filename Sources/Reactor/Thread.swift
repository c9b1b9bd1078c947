import CLinux
import Glibc
package import Time

/// A named thread that runs one closure; whatever the closure builds lives and dies in it.
package final class Thread {
    private let handle: pthread_t
    private var isJoined = false

    private final class Start {
        let name: String
        let body: () -> Void

        init(name: String, body: @escaping () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// - Parameter name: at most 15 bytes, the kernel's limit.
    package init(name: String, _ body: sending @escaping () -> Void) throws(SystemError) {
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body)).toOpaque()
        var handle = pthread_t()
        let code = unsafe pthread_create(
            &handle, nil,
            { context in
                let start = unsafe Unmanaged<Start>.fromOpaque(context!).takeRetainedValue()
                _ = unsafe linux_name_thread(start.name)
                start.body()
                return nil
            }, start)
        guard code == 0 else {
            unsafe Unmanaged<Start>.fromOpaque(start).release()
            throw SystemError("pthread_create", code)
        }
        self.handle = handle
    }

    /// The kernel's number of the calling thread, as under `/proc/self/task`.
    package static var number: Int32 { linux_thread_number() }

    deinit { if !isJoined { pthread_detach(handle) } }

    /// Waits for the closure's end.
    package func join() {
        isJoined = true
        pthread_join(handle, nil)
    }

    /// Waits for the closure's end, but no longer than until an instant; a thread that runs on then stays on its own.
    /// - Returns: whether it ended.
    package func join(until instant: Instant) -> Bool {
        guard linux_join_thread(handle, instant.nanoseconds) == 0 else { return false }
        isJoined = true
        return true
    }
}

/// Turns signals into events of one loop. Made on the main thread before any other thread starts, because it blocks
/// the signals and threads inherit that.
package final class Signals: EventHandler {
    private let descriptor: FileDescriptor
    /// Hears of each.
    package var onSignal: (Int32) -> Void = { _ in }

    package init(_ signals: [Int32], on loop: EventLoop) throws(SystemError) {
        descriptor = FileDescriptor(
            try check("signalfd") {
                unsafe linux_signalfd_create(signals, Int32(signals.count))
            })
        let owner = loop.attach(self)
        try loop.register(descriptor.number, .input, owner: owner, key: EventKey(index: 0))
    }

    package func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        while true {
            let signal = linux_signalfd_read(descriptor.number)
            if signal < 0 { return }
            onSignal(signal)
        }
    }
}
