import Time

/// Which answers of a load may wait in the kernel until the worker is awake anyway. That saves a wake-up for each, and
/// must change no number: the kernel's stamp ends a request, whenever it is read.
///
/// Where that would not hold, answers are read at once: before enough of them have been seen to come whole in one read
/// and with a stamp (a target that writes in two pieces may wait for an acknowledgement, which our late read delays),
/// and when those that are read at once turn out faster than their neighbours that waited. One in 16 is always read at
/// once, to go on looking: 16 in a row of each 256, because the answers of one burst often share a wake-up.
struct LateReceive {
    private static let cycle = 256
    private static let readAtOnce = 16
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
    /// The place of the next request in its cycle.
    private var place = 0
    /// The service times of the last answers that waited, in a ring, and how many of them have no partner yet.
    private var waiting = InlineArray<16, Nanoseconds>(repeating: .zero)
    private var latest = 0
    private var single = 0
    private var compared = 0
    private var slower = 0

    /// Whether the answer to the request that starts now may wait.
    mutating func mayWait() -> Bool {
        guard isTrusted else { return false }
        defer { place = (place + 1) % Self.cycle }
        return place >= Self.readAtOnce
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
            latest = (latest + 1) & 15
            waiting[latest] = serviceTime
            single = min(single + 1, 16)
        } else if single > 0 {
            compare(serviceTime, with: waiting[latest])
            latest = (latest + 15) & 15
            single -= 1
        }
    }

    private mutating func compare(_ atOnce: Nanoseconds, with waited: Nanoseconds) {
        guard waited != atOnce else { return }
        compared += 1
        if waited > atOnce { slower += 1 }
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
        single = 0
        compared = 0
        slower = 0
    }
}
