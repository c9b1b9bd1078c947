import CLinux
import Glibc
import Synchronization
package import Time

/// Commands from other threads to one loop. Its owner looks with `hasMail`, one atomic, as often as it likes; an
/// eventfd wakes the owner's wait.
/// `@unchecked Sendable`: `pending` is protected by `lock`, the rest never changes.
@safe package final class Mailbox<Command: Sendable>: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var pending: [Command] = []
    private let flag = Atomic<Bool>(false)
    private let bell: FileDescriptor

    package init() throws(SystemError) {
        bell = FileDescriptor(try check("eventfd", linux_eventfd_create))
        unsafe lock = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(lock)
        unsafe lock.deallocate()
    }

    /// Readable while commands wait; register it with the owner's loop.
    package var descriptor: Int32 { bell.number }

    /// Whether commands wait. The fence keeps this look behind a reading of the clock that the owner took before it:
    /// see `announce`.
    package var hasMail: Bool {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return flag.load(ordering: .acquiring)
    }

    package func send(_ command: Command) {
        open()
        close(with: command)
    }

    /// Sends what takes effect at one instant to several owners, and none of them overruns it: the instant is read
    /// after every flag is up, so that an owner who read the clock and then found no mail has read an earlier one.
    /// - Returns: the instant.
    @discardableResult
    package static func announce(
        to boxes: [Mailbox], _ command: (Instant) -> Command
    ) -> Instant {
        for box in boxes { box.open() }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let instant = Clock.now()
        for box in boxes { box.close(with: command(instant)) }
        return instant
    }

    /// From here on the owner sees that there is mail, and waits for it.
    private func open() {
        unsafe pthread_mutex_lock(lock)
        flag.store(true, ordering: .sequentiallyConsistent)
    }

    private func close(with command: Command) {
        pending.append(command)
        var one: UInt64 = 1
        _ = unsafe write(bell.number, &one, 8)
        unsafe pthread_mutex_unlock(lock)
    }

    /// All commands so far, oldest first. Only the owner calls this.
    package func drain() -> [Command] {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        // Within the lock, so that no bell is lost that rings for a command which is not taken.
        var count: UInt64 = 0
        _ = unsafe read(bell.number, &count, 8)
        flag.store(false, ordering: .relaxed)
        let commands = pending
        pending = []
        return commands
    }
}
