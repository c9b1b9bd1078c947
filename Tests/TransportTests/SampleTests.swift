import Testing
import Time

@testable import Transport

/// The decision which answers may wait in the kernel, and which requests are samples.
@Suite struct SampleTests {
    private static func trusted() -> LateReceive {
        var late = LateReceive(seed: 0)
        for _ in 0..<64 {
            let isSample = late.next()
            #expect(!late.isTrusted)
            late.answered(
                waited: false, isSample: isSample, isSimple: true,
                serviceTime: .microseconds(100))
        }
        return late
    }

    /// Requests whose answers wait when they may, with these service times.
    /// - Returns: whether each was a sample.
    @discardableResult
    private static func answer(
        _ late: inout LateReceive, _ count: Int, waiting: Nanoseconds, atOnce: Nanoseconds
    ) -> [Bool] {
        (0..<count).map { _ in
            let isSample = late.next()
            let waits = late.isTrusted && !isSample
            late.answered(
                waited: waits, isSample: isSample, isSimple: true,
                serviceTime: waits ? waiting : atOnce)
            return isSample
        }
    }

    /// Goes on until the answers of so many samples have been read.
    private static func pass(samples: Int, _ late: inout LateReceive, waiting: Nanoseconds) {
        var seen = 0
        while seen < samples, late.isTrusted {
            let isSample = answer(&late, 1, waiting: waiting, atOnce: .microseconds(100))[0]
            if isSample { seen += 1 }
        }
    }

    @Test func `one request in sixteen is a sample, in rows of four with gaps that differ`() {
        var late = LateReceive(seed: 0)
        let all = (0..<100_000).map { _ in late.next() }
        let share = Double(all.count { $0 }) / Double(all.count)
        #expect((0.06...0.066).contains(share), "\(share)")
        var rows: [Int] = []
        var gaps: [Int] = []
        for (isSample, run) in Self.runs(of: all).dropLast() {
            if isSample { rows.append(run) } else { gaps.append(run) }
        }
        #expect(Set(rows) == [4])
        #expect(gaps.allSatisfy { (1...119).contains($0) })
        #expect(Set(gaps).count > 100)
    }

    /// How often each value comes in a row.
    private static func runs(of values: [Bool]) -> [(Bool, Int)] {
        var runs: [(Bool, Int)] = []
        for value in values {
            if runs.last?.0 != value { runs.append((value, 0)) }
            runs[runs.count - 1].1 += 1
        }
        return runs
    }

    @Test func `which requests are samples does not follow from how they are answered`() {
        var eager = LateReceive(seed: 0)
        var late = Self.trusted()
        for _ in 0..<64 { _ = eager.next() }
        for number in 0..<10_000 {
            let isSample = late.next()
            #expect(eager.next() == isSample)
            late.answered(
                waited: !isSample, isSample: isSample, isSimple: number % 700 > 0,
                serviceTime: .microseconds(100))
        }
    }

    @Test func `an answer that is not simple ends it, each time for longer`() {
        var late = LateReceive(seed: 0)
        var needed: [Int] = []
        for _ in 0..<4 {
            var count = 0
            while !late.isTrusted {
                late.answered(
                    waited: false, isSample: false, isSimple: true,
                    serviceTime: .microseconds(100))
                count += 1
            }
            needed.append(count)
            // Two in a row are one disappointment.
            for _ in 0..<2 {
                late.answered(
                    waited: true, isSample: false, isSimple: false,
                    serviceTime: .microseconds(100))
                #expect(!late.isTrusted)
            }
        }
        #expect(needed == [64, 128, 256, 512])
    }

    @Test func `every other answer that is not simple keeps all of them from waiting`() {
        var late = LateReceive(seed: 0)
        for index in 0..<10_000 {
            late.answered(
                waited: false, isSample: late.next(), isSimple: index % 2 == 0,
                serviceTime: .microseconds(100))
            #expect(!late.isTrusted)
        }
    }

    @Test func `answers that are slower when they wait do so no longer`() {
        var late = Self.trusted()
        // The first ones may have no partner that waited.
        Self.pass(samples: 127, &late, waiting: .microseconds(120))
        #expect(late.isTrusted)
        Self.pass(samples: 33, &late, waiting: .microseconds(120))
        #expect(!late.isTrusted)
    }

    @Test func `only pairs that differ count, and none of before a disappointment`() {
        var late = Self.trusted()
        Self.pass(samples: 80, &late, waiting: .microseconds(100))
        Self.pass(samples: 112, &late, waiting: .microseconds(120))
        late.answered(waited: false, isSample: true, isSimple: false, serviceTime: .zero)
        for _ in 0..<128 {
            late.answered(
                waited: false, isSample: false, isSimple: true, serviceTime: .microseconds(100))
        }
        #expect(late.isTrusted)
        Self.pass(samples: 80, &late, waiting: .microseconds(100))
        Self.pass(samples: 112, &late, waiting: .microseconds(120))
        #expect(late.isTrusted)
        Self.pass(samples: 48, &late, waiting: .microseconds(120))
        #expect(!late.isTrusted)
    }

    @Test func `only samples are compared with those that waited`() {
        var late = Self.trusted()
        for _ in 0..<10_000 {
            _ = late.next()
            // By turns one that waited, and one that was read at once though it is no sample.
            late.answered(
                waited: true, isSample: false, isSimple: true, serviceTime: .microseconds(120))
            late.answered(
                waited: false, isSample: false, isSimple: true, serviceTime: .microseconds(100))
        }
        #expect(late.isTrusted)
    }

    @Test func `answers that are faster when they wait, or alike, go on waiting`() {
        for waiting in [Nanoseconds.microseconds(80), .microseconds(100)] {
            var late = Self.trusted()
            Self.answer(&late, 16 * 1_000, waiting: waiting, atOnce: .microseconds(100))
            #expect(late.isTrusted)
        }
    }
}
