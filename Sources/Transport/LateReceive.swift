import Time

/// Which answers of a load may wait in the kernel until the worker is awake anyway. That saves a wake-up for each, and
/// must change no number: the kernel's stamp ends a request, whenever it is read.
///
/// Where that would not hold, answers are read at once: before enough of them have been seen to come whole in one read
/// and with a stamp (a target that writes in two pieces may wait for an acknowledgement, which our late read delays),
/// and when those that are read at once turn out faster than their neighbours that waited. One in 16 is always read at
/// once, to go on looking.
struct LateReceive {
    /// One in so many is read at once, whatever is known.
    static let sampleInterval = 16
    /// So many simple answers in a row make the next ones wait; each disappointment doubles it.
    private static let trustMin = 64
    private static let trustMax = 1 << 16
    /// A sign test over so many pairs of neighbours, one of which waited. By chance alone 82 of them are slower once
    /// in a thousand times.
    private static let pairs = 128
    private static let slowerMax = 82

    /// Whether answers may wait at all.
    private(set) var isTrusted = false
    private var trust = trustMin
    private var simpleInARow = 0
    private var started = 0
    private var lastWaiting: Nanoseconds?
    private var compared = 0
    private var slower = 0

    /// Whether the answer to the request that starts now may wait.
    mutating func mayWait() -> Bool {
        guard isTrusted else { return false }
        started += 1
        return started % Self.sampleInterval != 0
    }

    /// Takes in an answer.
    /// - Parameters:
    ///   - isSimple: whether it came whole in one read, and with a stamp.
    ///   - serviceTime: from the actual start to the end.
    mutating func answered(waited: Bool, isSimple: Bool, serviceTime: Nanoseconds) {
        guard isSimple else { return distrust() }
        if !isTrusted {
            simpleInARow += 1
            if simpleInARow >= trust { isTrusted = true }
        } else if waited {
            lastWaiting = serviceTime
        } else {
            compare(serviceTime)
        }
    }

    /// With its last neighbour that waited.
    private mutating func compare(_ serviceTime: Nanoseconds) {
        guard let waiting = lastWaiting, waiting != serviceTime else { return }
        lastWaiting = nil
        compared += 1
        if waiting > serviceTime { slower += 1 }
        guard compared == Self.pairs else { return }
        if slower > Self.slowerMax { return distrust() }
        compared = 0
        slower = 0
    }

    private mutating func distrust() {
        // What follows at once is the same disappointment.
        if isTrusted { trust = min(trust * 2, Self.trustMax) }
        isTrusted = false
        simpleInARow = 0
        lastWaiting = nil
        compared = 0
        slower = 0
    }
}
