package import Time

/// What a fine histogram recorded in its last minute and its last ten, in at most 10 KiB: what was new in each five
/// seconds of the last minute, and what was new in each minute before.
///
///     minutes: │  60 s  │  60 s  │ ... │  slices: │5 s│5 s│ ... │5 s│ running │ now
///
/// A slice counts as long as its end lies in the window, so that the last minute is 60 to 65 s, the last ten are ten to
/// eleven minutes, and both move on by five seconds. The caller says what time it is.
package struct RecentTimes: Sendable {
    package static let slice = Nanoseconds.seconds(5)
    package static let minute = Nanoseconds.seconds(60)
    package static let tenMinutes = Nanoseconds.seconds(600)

    private struct Slice {
        /// The end of the first five seconds in it, and of the last.
        var first: Instant
        var end: Instant
        var counts: PackedCounts
    }

    private var difference = StepDifference()
    private var lastCut: Instant?
    private var slices: [Slice] = []
    private var minutes: [Slice] = []

    package init() {}

    /// Whether five seconds are over.
    /// It is asked each second, a little late now and then, and not always equally late.
    package func isDue(at now: Instant) -> Bool {
        lastCut.map { now - $0 >= Self.slice - .milliseconds(500) } ?? true
    }

    /// Cuts off what is new, when five seconds are over.
    package mutating func cut(_ all: FineSnapshot, at now: Instant) {
        guard isDue(at: now) else { return }
        lastCut = now
        let new = difference.take(all)
        if new.count > 0 {
            slices.append(Slice(first: now, end: now, counts: PackedCounts(new)))
        }
        let gone = slices.prefix { $0.end <= now - Self.minute }
        for slice in gone { fold(slice) }
        slices.removeFirst(gone.count)
        minutes.removeAll { $0.end <= now - Self.tenMinutes }
    }

    /// What was recorded in the last `window`, the time since the last cut included.
    /// - Parameter window: `minute` or `tenMinutes`.
    package func counts(
        ofLast window: Nanoseconds, _ all: FineSnapshot, at now: Instant
    ) -> StepCounts {
        var counts = difference.new(in: all)
        for slice in minutes + slices where slice.end > now - window {
            counts.merge(slice.counts.unpacked)
        }
        return counts
    }

    /// An upper bound of the memory that it takes.
    package var bytes: Int {
        let heads = 32
        return (minutes + slices).reduce(heads + StepDifference.bytes) {
            $0 + MemoryLayout<Slice>.stride + heads + $1.counts.bytes.count
        }
    }

    private mutating func fold(_ slice: Slice) {
        guard let last = minutes.last, slice.end - last.first < Self.minute else {
            return minutes.append(slice)
        }
        var counts = last.counts.unpacked
        counts.merge(slice.counts.unpacked)
        minutes[minutes.count - 1].end = slice.end
        minutes[minutes.count - 1].counts = PackedCounts(counts)
    }
}

/// What is new in a fine histogram since the last look at it.
package struct StepDifference: Sendable {
    private static let stepCount = FineScale.slotCount >> StepCounts.finestShift
    /// The memory that its totals take.
    package static let bytes = stepCount * 4

    /// By the finest step and modulo 2^32: only differences are asked for.
    private var totals = [UInt32](repeating: 0, count: stepCount)

    package init() {}

    /// - Returns: what is new; from now on it is not.
    package mutating func take(_ all: FineSnapshot) -> StepCounts {
        let now = Self.totals(all)
        defer { totals = now }
        return counts(now)
    }

    package func new(in all: FineSnapshot) -> StepCounts { counts(Self.totals(all)) }

    private func counts(_ now: [UInt32]) -> StepCounts {
        var counts = StepCounts()
        for (step, total) in now.enumerated() {
            counts.add(UInt64(total &- totals[step]), at: step)
        }
        return counts
    }

    private static func totals(_ all: FineSnapshot) -> [UInt32] {
        var totals = [UInt32](repeating: 0, count: stepCount)
        for (slot, count) in all.counts.enumerated() {
            totals[slot >> StepCounts.finestShift] &+= UInt32(truncatingIfNeeded: count)
        }
        return totals
    }
}
