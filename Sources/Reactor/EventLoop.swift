import CLinux
import Glibc
package import Time

/// What a descriptor is ready for; the kernel's EPOLL* bits.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let input = Readiness(rawValue: EPOLLIN.rawValue)
    package static let output = Readiness(rawValue: EPOLLOUT.rawValue)
    package static let peerClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    package static let failed = Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
    /// The peer is done, one way or another.
    package static let over = Readiness(rawValue: peerClosed.rawValue | failed.rawValue)
    /// A read will tell something.
    package static let readable = Readiness(rawValue: input.rawValue | over.rawValue)
    /// Report changes only, not states.
    package static let edge = Readiness(rawValue: EPOLLET.rawValue)

    /// Whether any bit of `other` is set. Unlike the set algebra's own words it is not generic, and so costs nothing.
    package func has(_ other: Readiness) -> Bool { rawValue & other.rawValue != 0 }
}

/// Names a descriptor to its handler: the handler's own index, and a generation that tells events of a closed
/// descriptor from those of its successor at the same index.
package struct EventKey: Hashable, Sendable {
    package var index: UInt32
    package var generation: UInt16

    package init(index: UInt32, generation: UInt16 = 0) {
        self.index = index
        self.generation = generation
    }
}

/// Whoever owns descriptors on a loop.
package protocol EventHandler: AnyObject {
    /// - Parameter now: the clock, read once after the wait.
    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant)
}

/// One thread's epoll: waits for descriptors and for one deadline, and hands each event to its handler.
/// Not thread-safe: it belongs to the thread that made it. Another thread reaches it through a `Mailbox`.
@safe package final class EventLoop {
    /// Events taken from the kernel in one call; more wait for the next turn.
    private static let batchMax: Int32 = 256
    /// A shorter wait is the system call itself: something was ready, or about to be.
    private static let sleepMin = Nanoseconds.microseconds(10)

    private let epoll: FileDescriptor
    /// Rings where the kernel cannot wait for nanoseconds (before Linux 5.11).
    private let timer: FileDescriptor?
    private let timerNumber: Int32?
    private let events: UnsafeMutableRawPointer
    private var handlers: [any EventHandler] = []
    /// The present alarm, or the last.
    private var armed = Instant.distantPast
    private(set) var lead = WakeLead()
    /// How long this thread has slept in all, what it overslept left out: the rest of the time it worked, or wanted to.
    package private(set) var slept = Nanoseconds.zero
    private var timers = TimerQueue()
    private var stopping = false

    /// - Parameter usesTimer: whether it waits as on an old kernel.
    package init(usesTimer: Bool = false) throws(SystemError) {
        epoll = FileDescriptor(try check("epoll_create1", linux_epoll_create))
        unsafe events = .allocate(
            byteCount: Int(Self.batchMax) * linux_epoll_event_size(), alignment: 8)
        let isFine = unsafe linux_epoll_wait_fine(epoll.number, events, 1, 0) == 0
        if isFine, !usesTimer {
            timer = nil
            timerNumber = nil
            return
        }
        let number = try check("timerfd_create", linux_timerfd_create)
        timer = FileDescriptor(number)
        timerNumber = number
        // Edge-triggered and never read: arming it again clears its count.
        let interest: Readiness = [.input, .edge]
        let queue = epoll.number
        try check("epoll_ctl") {
            linux_epoll_control(queue, EPOLL_CTL_ADD, number, interest.rawValue, .max)
        }
    }

    deinit { unsafe events.deallocate() }

    /// Makes a handler known; its descriptors are registered under the number that this returns.
    package func attach(_ handler: any EventHandler) -> UInt16 {
        handlers.append(handler)
        return UInt16(handlers.count - 1)
    }

    /// Lets go of all handlers, whose hold on this loop would otherwise keep both for ever: the end of a thread's work.
    package func detachAll() { handlers = [] }

    // MARK: Descriptors

    package func register(
        _ descriptor: Int32, _ interest: Readiness, owner: UInt16, key: EventKey
    ) throws(SystemError) {
        try control(EPOLL_CTL_ADD, descriptor, interest, owner, key)
    }

    package func change(
        _ descriptor: Int32, _ interest: Readiness, owner: UInt16, key: EventKey
    ) throws(SystemError) {
        try control(EPOLL_CTL_MOD, descriptor, interest, owner, key)
    }

    /// For a descriptor that stays open elsewhere; closing one unregisters it.
    package func unregister(_ descriptor: Int32) {
        _ = linux_epoll_control(epoll.number, EPOLL_CTL_DEL, descriptor, 0, 0)
    }

    private func control(
        _ operation: Int32, _ descriptor: Int32, _ interest: Readiness, _ owner: UInt16,
        _ key: EventKey
    ) throws(SystemError) {
        let token = UInt64(owner) << 48 | UInt64(key.generation) << 32 | UInt64(key.index)
        let queue = epoll.number
        try check("epoll_ctl") {
            linux_epoll_control(queue, operation, descriptor, interest.rawValue, token)
        }
    }

    // MARK: Waiting

    /// Sleeps until a descriptor is ready or the deadline has come, and handles the events of one batch.
    /// A deadline in the past only collects what is ready.
    /// - Parameter afterEach: called after each event, so that a caller can do what became due meanwhile.
    package func turn(until deadline: Instant, afterEach: ((Instant) -> Void)? = nil) {
        let sleeps = deadline != .atOnce
        let began = sleeps ? Clock.now() : deadline
        var (count, rang) = wait(until: deadline, from: began)
        guard count > 0 || rang else { return }
        let now = Clock.now()
        if sleeps { noteSleep(min(now, deadline) - began) }
        for index in 0..<count {
            let token = unsafe linux_event_token(events, index)
            if token == .max {
                rang = true
                continue
            }
            let readiness = unsafe Readiness(rawValue: linux_event_flags(events, index))
            let key = EventKey(
                index: UInt32(truncatingIfNeeded: token),
                generation: UInt16(truncatingIfNeeded: token >> 32))
            handlers[Int(token >> 48)].ready(key, readiness, now: now)
            afterEach?(now)
        }
        guard rang else { return }
        // One that rang while the thread was at work says nothing of how long it takes to wake up.
        if sleeps, began < armed { lead.learn(now - armed) }
        waitOut(until: deadline)
    }

    private func noteSleep(_ length: Nanoseconds) {
        if length >= Self.sleepMin { slept = slept + length }
    }

    /// Handles what is ready by now, on so many descriptors at least, without sleeping.
    package func collect(_ descriptors: Int) {
        for _ in 0...descriptors / Int(Self.batchMax) { turn(until: .atOnce) }
    }

    /// - Returns: how many events there are, and whether the alarm rang instead.
    private func wait(until deadline: Instant, from now: Instant) -> (count: Int32, rang: Bool) {
        let queue = epoll.number
        func wait(milliseconds: Int32) -> Int32 {
            unsafe max(0, linux_epoll_wait(queue, events, Self.batchMax, milliseconds))
        }
        if deadline == .distantFuture { return (wait(milliseconds: -1), false) }
        let alarm = lead.alarm(for: deadline, now: now)
        if alarm <= now { return (wait(milliseconds: 0), false) }
        guard let timerNumber else {
            armed = alarm
            let count = unsafe linux_epoll_wait_fine(
                queue, events, Self.batchMax, (alarm - now).count)
            return (max(0, count), count == 0)
        }
        if armed <= now || armed > alarm {
            // Armed earlier than needed, it wakes us once too often; never too late.
            _ = linux_timerfd_arm(timerNumber, alarm.nanoseconds)
            armed = alarm
        }
        return (wait(milliseconds: -1), false)
    }

    /// Stays awake for what a lead has left over: a few microseconds, if anything.
    private func waitOut(until instant: Instant) {
        var now = Clock.now()
        guard instant - now <= WakeLead.lengthMax else { return }
        while now < instant { now = Clock.now() }
    }

    // MARK: Timers and the loop of a thread that lives by events alone

    /// Calls back once, in a turn of `run`, at or soon after an instant.
    @discardableResult
    package func schedule(at instant: Instant, _ action: @escaping (Instant) -> Void) -> TimerID {
        timers.insert(at: instant, action)
    }

    package func cancel(_ timer: TimerID) { timers.cancel(timer) }

    /// Runs timers and events until `stop`.
    package func run() {
        while !stopping {
            turn(until: timers.next ?? .distantFuture)
            let now = Clock.now()
            // A timer that sets itself again for now must not keep descriptors from their turn.
            let newest = timers.newest
            while let action = timers.popDue(by: now, newest: newest) { action(now) }
        }
    }

    package func stop() { stopping = true }
}
