import Glibc
package import Time

/// How the demo target answers. Delays are log-normal, as services behave that are fast in most cases, with a rare slow
/// tail on top; the n-th request's draw depends on (seed, n) alone, so that a run can be repeated.
package struct DemoBehaviour: Hashable, Sendable {
    /// Half of all requests are answered within this time.
    package var median = Nanoseconds.milliseconds(8)
    /// 99 of 100 requests are, the tail aside. Never below `median`.
    package var p99 = Nanoseconds.milliseconds(60)
    /// The share of requests (0 to 1) that take `tailDelay` instead.
    package var tailRatio = 0.002
    package var tailDelay = Nanoseconds.milliseconds(400)
    /// The share of requests (0 to 1) that are answered with 500.
    package var errorRatio = 0.01
    /// Bytes of each body.
    package var size = 512
    package var seed: UInt64 = 1

    package init() {}

    /// What the draws decided for one request.
    package struct Draw: Hashable, Sendable {
        package let delay: Nanoseconds
        package let fails: Bool
    }

    /// - Parameter number: of the request, counted from 0 in the order of arrival.
    package func draw(_ number: UInt64) -> Draw {
        var random = Draws(seed: seed, number: number)
        let normal = random.normal()
        let isTail = random.uniform() < tailRatio
        let fails = random.uniform() < errorRatio
        return Draw(delay: isTail ? tailDelay : logNormal(normal), fails: fails)
    }

    private func logNormal(_ normal: Double) -> Nanoseconds {
        guard median > .zero else { return .zero }
        // 2.3263 is the normal distribution's 99 % quantile.
        let spread = log(Double(max(p99, median).count) / Double(median.count)) / 2.326_347_9
        return Nanoseconds(Int64(min(Double(median.count) * exp(spread * normal), 6e10)))
    }
}

/// Random numbers keyed by (seed, number): SplitMix64 started at a place of its own for every request.
private struct Draws {
    private var state: UInt64

    init(seed: UInt64, number: UInt64) {
        state = seed
        state = next() &+ number &* 0xD134_2543_DE82_EF95
    }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// In (0, 1).
    mutating func uniform() -> Double { (Double(next() >> 11) + 0.5) * 0x1p-53 }

    /// Standard normal, by Box and Muller (1958).
    mutating func normal() -> Double {
        (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
    }
}

/// What the target has seen and done.
package struct DemoCounts: Hashable, Sendable {
    package internal(set) var connections: UInt64 = 0
    /// Complete requests, answered or not yet.
    package internal(set) var requests: UInt64 = 0
    /// By status: answers whose last byte was handed to the kernel.
    package internal(set) var answers: [Int: UInt64] = [:]

    package init() {}

    /// `{"connections": 1, "requests": 3, "answers": {"200": 2, "500": 1}}`
    package var json: String {
        let pairs = answers.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
        return "{\"connections\": \(connections), \"requests\": \(requests), "
            + "\"answers\": {\(pairs.joined(separator: ", "))}}"
    }
}
