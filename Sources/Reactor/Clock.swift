import CLinux
import Glibc
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

/// Dates of the wall clock in Coordinated Universal Time.
package enum UTC {
    /// - Parameters:
    ///   - wall: nanoseconds since 1970, not negative.
    ///   - format: what `strftime` takes; names of days and months are English. At most 63 bytes come out.
    package static func text(_ wall: Int64, format: String) -> String {
        var seconds = time_t(wall / 1_000_000_000)
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&seconds, &parts)
        return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            let start = buffer.baseAddress!
            guard unsafe strftime(start, buffer.count, format, &parts) > 0 else { return "" }
            return unsafe String(cString: start)
        }
    }
}
