import CLinux
package import Time

/// The only reader of the machine's clocks.
package enum Clock {
    /// The monotonic clock; about 20 ns.
    package static func now() -> Instant { Instant(nanoseconds: linux_monotonic_ns()) }

    /// The wall clock, in nanoseconds since 1970.
    package static func wall() -> Int64 { linux_realtime_ns() }

    /// Sleeps until an instant, whatever happens on any descriptor.
    package static func sleep(until instant: Instant) {
        _ = linux_sleep_until(instant.nanoseconds)
    }

    /// Lets this thread's timers fire on time instead of up to 50 us later (Linux's default slack).
    package static func sharpenTimers() { _ = linux_set_timer_slack(1) }
}
