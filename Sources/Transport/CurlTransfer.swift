import CCurl
import Reactor
import Time

/// One reusable transfer: what libcurl's callbacks write while it runs. They get a pointer to it, so it lives at a
/// fixed address.
@safe struct CurlTransfer {
    var request = Completion()
    /// Of the whole transfer, whatever redirects it follows.
    var deadline = Instant.distantFuture
    var isActive = false
    var bodyBytes = 0
    /// Bytes of answer heads, and of bodies as they came over the wire so far.
    var headBytes = 0
    /// Whether the head of an answer has ended since the last request went out.
    var hasAnswer = false
    /// How many requests libcurl has begun to send for this transfer.
    var attempts = 0
    /// Set when libcurl was about to repeat the request on its own.
    var wasStale = false
    var exceededBody = false
    /// Set when a redirect led to an address that is not the target's.
    var strayed = false
    /// The status of the head that is being read.
    var statusSeen: UInt16 = 0
    /// Redirects followed so far, each an attempt of its own.
    var hops: [Completion] = []
    /// Set once: the limit on `bodyBytes`, and who owns the transfer.
    var bodyMax = 0
    var owner: Unmanaged<CurlTransport>?
    /// Of the request that the handle is set up for; 0 before its first.
    var generation: UInt64 = 0
    /// What the handle points to, for as long as it does.
    var headers: HeaderList?
    var steering: HeaderList?
    var url: CurlURL?
    /// Whether the body is too large for libcurl to send it along with the head.
    var sendsBodyApart = false

    /// Gets ready for a new request.
    mutating func begin(_ request: Completion) {
        self.request = request
        isActive = true
        bodyBytes = 0
        headBytes = 0
        hasAnswer = false
        attempts = 0
        wasStale = false
        exceededBody = false
        strayed = false
        statusSeen = 0
    }

    /// The present answer was a redirect, and the request that follows it begins now.
    mutating func hop(at now: Instant) {
        var hop = request
        hop.isHop = true
        hop.end = now
        hop.status = statusSeen
        hop.bytesReceived = headBytes + bodyBytes
        hops.append(hop)
        request.intendedStart = now
        request.actualStart = now
        request.firstByte = .distantPast
        headBytes = 0
        bodyBytes = 0
        hasAnswer = false
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
