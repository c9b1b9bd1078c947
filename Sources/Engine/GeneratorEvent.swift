package import Time

/// What is worth a line in the log: the generator says what happened, the program decides how it is written.
package enum GeneratorEvent: Sendable {
    case waiting(load: String, target: String, reason: String)
    case running(load: String, target: String, after: Nanoseconds)
    /// The target never accepted a connection; the load runs all the same.
    case runningUnconfirmed(load: String, target: String, reason: String)
    case failure(load: String, outcome: String, text: String)
    case addresses(load: String, host: String, addresses: [String])
    case lookupFailed(load: String, host: String, reason: String)
    case requestRenewed(load: String)
    /// A file holds what the request cannot; the last good request goes on being sent.
    case secretUnusable(load: String, reason: String)
    /// The same file holds what it held before.
    case secretReadable(load: String)
    case degraded(reasons: [String])
    case recovered
    case stopping
    case drained(canceled: UInt64)
}
