package import Time

/// One request and its answer, under way or ended: times, bytes and outcome. `notYet` stands for "did not happen";
/// otherwise intendedStart <= actualStart <= firstByte <= end.
package struct Exchange: Sendable {
    /// The tag of the load that it belongs to.
    package var load: UInt16 = 0
    package var outcome = Outcome.ok
    /// Of the answer; 0 when no head arrived.
    package var status: UInt16 = 0
    package var intendedStart = Instant.distantPast
    package var actualStart = Instant.distantPast
    /// When the request went out: at once, or when its new connection was up.
    package var sendStart = Instant.notYet
    package var firstByte = Instant.notYet
    package var end = Instant.notYet
    /// Whether this request opened a connection. The next two are zero for a phase that did not complete.
    package var opened = false
    package var connectTime = Nanoseconds.zero
    package var tlsTime = Nanoseconds.zero
    /// Whether the kernel's stamp ended it; otherwise our clock did.
    package var stamped = false
    /// Whether the answer was left in the kernel until the worker was awake: then its first byte is not known.
    package var waited = false
    /// Whether its phases `wait` and `transfer` count: where answers may wait, some requests are chosen beforehand.
    package var isSample = true
    /// Whether it is a redirect that was followed: an attempt of its own beside its arrival's last one.
    package var isHop = false
    package var bytesSent = 0
    package var bytesReceived = 0
    /// errno, a libcurl code or a parser's failure; `Transport.describe` puts it in words.
    package var detail = FailureDetail.none

    package init() {}
}

/// Why a request failed, small enough to travel with it; turned into words only when somebody asks.
package enum FailureDetail: Hashable, Sendable {
    case none
    case system(errno: Int32)
    case curl(code: UInt32)
    case openSSL(code: UInt32)
    case malformed(UInt8)
    case closedEarly
    case cameBefore
}

/// The ended requests of one worker's loads, in order, until the worker takes them. Grows to the largest burst once.
package final class ExchangeQueue {
    private var items: [Exchange] = Array(repeating: Exchange(), count: 256)
    private var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    package func append(_ completion: Exchange) {
        if count == items.count { items += Array(repeating: Exchange(), count: count) }
        items[count] = completion
        count += 1
    }

    /// Hands over each completion, also those that arise meanwhile.
    package func drain(_ body: (Exchange) -> Void) {
        var index = 0
        while index < count {
            body(items[index])
            index += 1
        }
        count = 0
    }
}
