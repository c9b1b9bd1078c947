import Time

/// Which answers of a load may wait in the kernel until the worker is awake anyway. That saves a wake-up for each, and
/// must change no number: the kernel's stamp ends a request, whenever it is read.
///
/// Where that would not hold, answers are read at once: before enough of them have been seen to come whole in one read
/// and with a stamp (a target that writes in two pieces may wait for an acknowledgement, which our late read delays),
/// and when those that are read at once turn out faster than their neighbours that waited.
///
/// One request in 16 is a *sample*, whose answer is read at once, to go on looking. Only samples tell how long the
/// first byte took: chosen before anybody knows how they will be answered, they show all requests truly. They come
/// four in a row, because the answers of one burst often share a wake-up, with gaps that are drawn, lest something that
/// the target does regularly falls in step with them.
struct LateReceive {
    private static let samplesInARow = 4
    /// Between them; 15 times as many on average.
    private static let gapMax: UInt64 = 119
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
    /// Whether the next request is a sample.
    private(set) var isSampling = true
    /// How many requests more, the next one included, are as it is.
    private var left = samplesInARow
    /// The state of the generator that draws the gaps (Knuth's MMIX).
    private var draws: UInt64
    /// The service times of the last answers that waited, in a ring, and how many of them have no partner yet.
    private var waiting = InlineArray<16, Nanoseconds>(repeating: .zero)
    private var latest = 0
    private var single = 0
    private var compared = 0
    private var slower = 0

    /// - Parameter seed: another one for each load, so that their samples do not fall together.
    init(seed: UInt64) { draws = seed &* 2 &+ 1 }

    /// Takes in that a request starts.
    /// - Returns: whether it is a sample.
    mutating func next() -> Bool {
        let isSample = isSampling
        left -= 1
        if left == 0 {
            isSampling.toggle()
            left = isSampling ? Self.samplesInARow : gap()
        }
        return isSample
    }

    private mutating func gap() -> Int {
        draws = draws &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return 1 + Int((draws >> 33) % Self.gapMax)
    }

    /// Takes in an answer.
    /// - Parameters:
    ///   - isSimple: whether it came whole in one read, and with a stamp.
    ///   - serviceTime: from the actual start to the end.
    mutating func answered(
        waited: Bool, isSample: Bool, isSimple: Bool, serviceTime: Nanoseconds
    ) {
        guard isSimple else { return distrust() }
        if !isTrusted {
            simpleInARow += 1
            if simpleInARow >= trust { isTrusted = true }
        } else if waited {
            latest = (latest + 1) & 15
            waiting[latest] = serviceTime
            single = min(single + 1, 16)
        } else if isSample, single > 0 {
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
