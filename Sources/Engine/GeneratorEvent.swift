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
    case secretUnreadable(load: String, reason: String)
    case degraded(reasons: [String])
    case recovered
    case stopping
    case drained(canceled: UInt64)
}
