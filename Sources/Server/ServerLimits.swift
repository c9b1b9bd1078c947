package import Time

/// What clients may cost the server. Every place, byte and second that a client can hold is bounded
/// here.
package struct ServerLimits: Hashable, Sendable {
    /// Open connections. When all places are taken, the one that has waited longest without a
    /// complete request gives way; when every one is owed an answer, newcomers wait in the kernel's
    /// backlog.
    package var connections = 64
    /// Bytes of a request's head; more is 431.
    package var head = 8_192
    /// Bytes of a request's target; more is 414.
    package var target = 4_096
    /// Bytes of a request's body; more is 413.
    package var body = 8_192
    /// From a connection's start, or a later request's first byte, to the request's last byte; then
    /// 408.
    package var request = Nanoseconds.seconds(5)
    /// Between an answer and the next request.
    package var idle = Nanoseconds.seconds(60)
    /// For the client to read an answer.
    package var answer = Nanoseconds.seconds(30)
    /// Answers at once on routes that are `isLimited`, from request to last byte; more is 503.
    package var scrapes = 40

    package init() {}
}

/// What the server has seen since its start.
package struct ServerCounts: Hashable, Sendable {
    package var connections = 0
    package var requests = 0
    /// Connections closed to make room for others.
    package var evicted = 0
    /// Connections closed because the client was too slow, in sending or in reading.
    package var timedOut = 0
    /// Requests that were not HTTP, or more of it than the limits allow.
    package var refused = 0
    /// Requests answered 503 because too many of their kind were under way.
    package var limited = 0

    package init() {}
}
