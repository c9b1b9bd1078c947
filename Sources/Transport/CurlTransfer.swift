import CCurl
import Reactor
import Time

/// One reusable transfer: what libcurl's callbacks write while it runs. They get a pointer to it, so it lives at a
/// fixed address.
@safe struct CurlTransfer {
    /// The present attempt.
    var request = Exchange()
    /// Of the arrival: what its last attempt is reported with.
    var intendedStart = Instant.distantPast
    var actualStart = Instant.distantPast
    /// Of the whole arrival, whatever redirects it follows.
    var deadline = Instant.distantFuture
    var isActive = false
    /// Redirects followed so far, each an attempt of its own.
    var hops = 0
    /// Which address it was given to, -1 for one that is no longer the target's.
    var peer: Int32 = -1
    var bodyBytes = 0
    var headBytes = 0
    /// Whether the head of an answer has ended.
    var hasAnswer = false
    /// How many requests libcurl has begun to send for this attempt.
    var attempts = 0
    /// Set when libcurl was about to repeat the request on its own.
    var wasStale = false
    /// Set when something unasked for was found on the connection before the request went out.
    var wasUnclean = false
    var exceededBody = false
    /// Set when an answer on HTTP/1.1 called itself by another major version.
    var isForeign = false
    var isMultiplexed = false
    /// The socket that was opened for this attempt, else -1.
    var socket: Int32 = -1
    /// Set once: the limit on `bodyBytes`, and who owns the transfer.
    var bodyMax = 0
    var owner: Unmanaged<CurlTransport>?
    /// Of the request that the handle is set up for; 0 before its first.
    var generation: UInt64 = 0
    /// What the handle points to, for as long as it does.
    var headers: HeaderList?
    var steering: CurlSteering?
    var url: CurlURL?
    /// Whether the body is too large for libcurl to send it along with the head.
    var sendsBodyApart = false

    /// Gets ready for an attempt.
    mutating func begin(_ request: Exchange) {
        self.request = request
        bodyBytes = 0
        headBytes = 0
        hasAnswer = false
        attempts = 0
        wasStale = false
        wasUnclean = false
        exceededBody = false
        isForeign = false
        socket = -1
    }
}

/// The easy handles of a curl transport and their transfers, made when first needed and kept.
@safe final class CurlTransferTable {
    let capacity: Int
    private(set) var count = 0
    private let transfers: UnsafeMutablePointer<CurlTransfer>
    private let handles: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private let errorTexts: UnsafeMutablePointer<CChar>

    init(capacity: Int) {
        self.capacity = capacity
        unsafe transfers = .allocate(capacity: capacity)
        unsafe handles = .allocate(capacity: capacity)
        unsafe handles.initialize(repeating: nil, count: capacity)
        unsafe errorTexts = .allocate(capacity: capacity * Int(CURL_ERROR_SIZE))
    }

    deinit {
        for slot in 0..<count {
            if let easy = unsafe handles[slot] { unsafe curl_easy_cleanup(easy) }
        }
        unsafe transfers.deinitialize(count: count)
        unsafe transfers.deallocate()
        unsafe handles.deallocate()
        unsafe errorTexts.deallocate()
    }

    /// Adds a transfer with a new handle.
    func add() -> Int {
        precondition(count < capacity, "the transfer table is full")
        let slot = count
        unsafe (transfers + slot).initialize(to: CurlTransfer())
        unsafe handles[slot] = CurlEasy().handle
        unsafe errorText(slot)[0] = 0
        count += 1
        return slot
    }

    /// Gives a transfer a new handle. libcurl 7.88 keeps an errno on a handle for ever: one that has seen any could not
    /// tell it from that of a later failure.
    func renew(_ slot: Int) {
        unsafe curl_easy_cleanup(handles[slot])
        unsafe handles[slot] = CurlEasy().handle
        self[slot].generation = 0
    }

    func easy(_ slot: Int) -> CurlEasy { unsafe CurlEasy(handles[slot]!) }

    func pointer(_ slot: Int) -> UnsafeMutablePointer<CurlTransfer> { unsafe transfers + slot }

    func errorText(_ slot: Int) -> UnsafeMutablePointer<CChar> {
        unsafe errorTexts + slot * Int(CURL_ERROR_SIZE)
    }

    subscript(_ slot: Int) -> CurlTransfer {
        unsafeAddress {
            precondition(slot >= 0 && slot < count, "no such transfer")
            return unsafe UnsafePointer(transfers + slot)
        }
        unsafeMutableAddress {
            precondition(slot >= 0 && slot < count, "no such transfer")
            return unsafe transfers + slot
        }
    }
}
