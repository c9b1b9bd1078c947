import CLinux
import Glibc

/// Commands from other threads to one loop. The owner drains it once per turn; an eventfd wakes the owner's wait.
/// `@unchecked Sendable`: `pending` is protected by `lock`, the rest never changes.
@safe package final class Mailbox<Command: Sendable>: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var pending: [Command] = []
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

    package func send(_ command: Command) {
        unsafe pthread_mutex_lock(lock)
        pending.append(command)
        unsafe pthread_mutex_unlock(lock)
        var one: UInt64 = 1
        _ = unsafe write(bell.number, &one, 8)
    }

    /// All commands so far, oldest first. Only the owner calls this.
    package func drain() -> [Command] {
        var count: UInt64 = 0
        _ = unsafe read(bell.number, &count, 8)
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        let commands = pending
        pending = []
        return commands
    }
}
