/// How a sent request ended; the fixed values of the label `outcome`.
package enum Outcome: UInt8, CaseIterable, Sendable {
    /// The expected answer, whole.
    case ok
    /// A whole answer with another status.
    case status
    /// A whole answer that failed a check of its content.
    case check
    /// Not over in time, though the connection was up.
    case timeout
    case connectTimeout
    case refused
    /// The connection was reset, or closed before the answer's first byte.
    case reset
    /// Closed before the announced end.
    case truncated
    case unreachable
    case dns
    case tls
    /// Not HTTP, or HTTP that contradicts itself.
    case protocolError
    /// One redirect too many, or one that leads nowhere.
    case redirect
    case bodyLimit
    /// Our own machine refused: descriptors, ports, memory. Never the target's fault.
    case local
    /// Ended by our own stop.
    case canceled

    // Written out, because it is asked for each request: the derived one goes through a witness table.
    package static func == (a: Outcome, b: Outcome) -> Bool { a.rawValue == b.rawValue }
    package static func != (a: Outcome, b: Outcome) -> Bool { a.rawValue != b.rawValue }

    /// The label's value.
    package var name: String {
        switch self {
        case .connectTimeout: "connect_timeout"
        case .protocolError: "protocol"
        case .bodyLimit: "body_limit"
        default: "\(self)"
        }
    }
}

/// What keeps a due arrival from starting.
package enum Obstacle: UInt8, CaseIterable, Sendable {
    case connections
    case inFlight
    case connectRate
}
