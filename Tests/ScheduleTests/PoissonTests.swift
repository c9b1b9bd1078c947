import Foundation
import Properties
import Schedule
import Testing
import Time

@Suite struct PoissonTests {
    private func starts(seed: UInt64, workers: Int, count: Int) throws -> [Double] {
        let rate = try #require(Rate(requests: 1_000, per: .seconds(1)))
        let schedule = Schedule(
            shape: .constant(rate), process: .poisson(seed: seed), pacing: .precise,
            workers: workers)
        var cursors = (0..<workers).map { schedule.cursor(worker: $0) }
        return (0..<count).map { n in
            defer { cursors[n % workers].advance() }
            return cursors[n % workers].intendedStart.seconds
        }
    }

    @Test func `gaps are exponential: mean, variance, tail and independence`() throws {
        var random = Seeded()
        let count = 40_000
        let times = try starts(seed: random.next(), workers: 1, count: count)
        let gaps = zip(times, [0] + times).map { 1_000 * ($0 - $1) }
        let n = Double(count)
        let mean = gaps.reduce(0, +) / n
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
        let tail = Double(gaps.count { $0 > 1 }) / n
        let covariance =
            zip(gaps, gaps.dropFirst()).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) } / n
        // Six standard errors each: a false alarm in 10^8 runs.
        #expect(abs(mean - 1) < 6 / n.squareRoot(), "\(random)")
        #expect(abs(variance - 1) < 6 * (8 / n).squareRoot(), "\(random)")
        #expect(abs(tail - exp(-1)) < 6 * (0.2325 / n).squareRoot(), "\(random)")
        #expect(abs(covariance) < 6 / n.squareRoot(), "\(random)")
    }

    @Test func `no gap is used twice`() throws {
        for seed in UInt64(0)..<200 {
            let times = try starts(seed: seed, workers: 1, count: 3)
            let gaps = [times[0], times[1] - times[0], times[2] - times[1]]
            #expect(abs(gaps[0] - gaps[1]) > 3e-9 && abs(gaps[1] - gaps[2]) > 3e-9, "\(seed)")
        }
    }

    @Test func `counts in windows have a variance equal to their mean`() throws {
        var random = Seeded()
        let times = try starts(seed: random.next(), workers: 2, count: 40_000)
        var windows = [Double](repeating: 0, count: Int(times.last! / 0.02))
        for time in times where Int(time / 0.02) < windows.count { windows[Int(time / 0.02)] += 1 }
        let n = Double(windows.count)
        let mean = windows.reduce(0, +) / n
        let variance = windows.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
        #expect(abs(variance / mean - 1) < 6 * (2 / n).squareRoot(), "\(random)")
    }

    @Test func `the stream depends on the seed alone, not on the number of workers`() throws {
        let one = try starts(seed: 42, workers: 1, count: 2_000)
        #expect(try starts(seed: 42, workers: 3, count: 2_000) == one)
        #expect(try starts(seed: 42, workers: 16, count: 2_000) == one)
        #expect(try starts(seed: 43, workers: 1, count: 2_000) != one)
    }

    @Test func `our logarithm agrees with the platform's`() {
        var random = Seeded()
        for _ in 0..<20_000 {
            let u = (Double(random.next() >> 11) + 0.5) * 0x1p-53
            let expected = -log(u)
            #expect(
                abs(ArrivalProcess.minusLog(u) - expected) <= 1e-15 * max(1, 2 * expected),
                "\(random): \(u)")
        }
        for u in [0x1p-54, 1 - 0x1p-53, 0.5, 0.707_106_781_186_547_5, 0.707_106_781_186_547_6] {
            #expect(abs(ArrivalProcess.minusLog(u) + log(u)) <= 1e-15 * max(1, -2 * log(u)))
        }
    }
}
