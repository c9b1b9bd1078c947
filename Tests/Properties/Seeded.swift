import Foundation

/// Random numbers for property tests. Each test draws a fresh seed, names it in its failures (`\(random)`), and can be
/// run again with it: `BALLAST_SEED=123 swift test --filter ...`.
package struct Seeded: RandomNumberGenerator, CustomStringConvertible {
    package let seed: UInt64
    private var state: UInt64

    package init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// The seed comes from `BALLAST_SEED`, or is a new one that is printed.
    package init(for test: String = #function) {
        let given = ProcessInfo.processInfo.environment["BALLAST_SEED"].flatMap { UInt64($0) }
        self.init(seed: given ?? .random(in: 1...999_999_999))
        print("seed \(seed) for \(test)")
    }

    package var description: String { "seed \(seed)" }

    /// SplitMix64.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    package mutating func int(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &self) }

    package mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[int(0...choices.count - 1)]
    }

    /// Log-uniform between two positive bounds: as many values per decade.
    package mutating func magnitude(_ low: Double, _ high: Double) -> Double {
        exp(Double.random(in: log(low)...log(high), using: &self))
    }
}
