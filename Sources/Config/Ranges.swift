import Time

/// The range of every number that a configuration holds.
package enum Ranges {
    static let workers = 1...64
    static let drain = Nanoseconds.zero...Nanoseconds.seconds(600)
    static let linger = Nanoseconds.zero...Nanoseconds.seconds(600)
    package static let connections = 1...20_000
    static let inFlight = 1...2_000_000
    static let late = Nanoseconds.zero...Nanoseconds.seconds(600)
    static let catchUp = 1...100
    static let body = 1...(1 << 30)
    static let timeout = Nanoseconds.milliseconds(1)...Nanoseconds.seconds(600)
    static let startup = Nanoseconds.zero...Nanoseconds.seconds(3_600)
    static let grid = Nanoseconds.microseconds(100)...Nanoseconds.milliseconds(100)
    static let redirects = 0...20
    static let bucket = Nanoseconds.microseconds(1)...Nanoseconds.seconds(3_600)
    static let seed = UInt64.min...UInt64.max
    /// A histogram takes 63 bounds, and 16 are there by default; a test compares both with
    /// `Measure`.
    package static let bucketCountMax = 63 - 16
    /// `sockaddr_un` has 108 bytes with the NUL at the end.
    static let unixPathBytesMax = 107
    static let loadCountMax = 1_000
    /// Of the requests of all loads together.
    package static let requestBytesMax = 64 << 20
}
