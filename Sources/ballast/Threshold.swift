import Config
import Measure
import Time

/// What a run must show, as `--threshold` writes it: `p99<250ms`, `service.p99<=1s`, `failed<1%`,
/// `dropped<0.1%`, `rate>45`.
struct Threshold: Equatable {
    enum Quantity: Equatable {
        /// Of response time, or of service time, over all sent requests.
        case time(Statistic, isService: Bool)
        /// (Not ok + dropped) / intended.
        case failed
        /// Dropped / intended.
        case dropped
        /// Completed per second of the schedule.
        case rate
    }

    enum Relation: String, CaseIterable {
        // The longer ones first, for they begin like the shorter ones.
        case atMost = "<="
        case atLeast = ">="
        case below = "<"
        case above = ">"

        func holds(_ value: Double, _ bound: Double) -> Bool {
            switch self {
            case .atMost: value <= bound
            case .atLeast: value >= bound
            case .below: value < bound
            case .above: value > bound
            }
        }
    }

    /// As the user wrote it, without blanks.
    let text: String
    let quantity: Quantity
    let relation: Relation
    /// In seconds, as a share from 0 to 1, or per second.
    let bound: Double

    init(_ text: String) throws(ThresholdError) {
        let text = text.filter { $0 != " " }
        guard
            let (relation, place) = Relation.allCases.lazy.compactMap({ relation in
                text.firstRange(of: relation.rawValue).map { (relation, $0) }
            }).first
        else { throw ThresholdError(text, "it compares nothing: write for example p99<250ms") }
        let name = String(text[..<place.lowerBound])
        let limit = String(text[place.upperBound...])
        guard let quantity = Self.quantity(name) else {
            throw ThresholdError(text, "there is no quantity `\(name)`\(Self.remedy(name))")
        }
        self.text = text
        self.relation = relation
        self.quantity = quantity
        do throws(InvalidValue) {
            switch quantity {
            case .time: bound = try DurationText.parse(limit).seconds
            case .failed, .dropped: bound = try FlagValue.share(limit)
            case .rate: bound = try FlagValue.perSecond(limit)
            }
        } catch {
            throw ThresholdError(text, error.text)
        }
    }

    private static func quantity(_ name: String) -> Quantity? {
        switch name {
        case "failed": return .failed
        case "dropped": return .dropped
        case "rate": return .rate
        default:
            let isService = name.hasPrefix("service.")
            let statistic = Statistic(String(name.dropFirst(isService ? 8 : 0)))
            return statistic.map { .time($0, isService: isService) }
        }
    }

    private static func remedy(_ name: String) -> String {
        let times = Statistic.usual.map(\.name)
        let names = times + times.map { "service.\($0)" } + ["failed", "dropped", "rate"]
        let others = [
            "avg": "mean", "average": "mean", "med": "p50", "median": "p50", "errors": "failed",
            "error_rate": "failed", "http_req_failed": "failed", "http_req_duration": "p95",
            "p(90)": "p90", "p(95)": "p95", "p(99)": "p99", "rps": "rate", "throughput": "rate",
        ]
        if let meant = others[name] { return ": it is called `\(meant)`" }
        if let near = closest(to: name, among: names) { return ": did you mean `\(near)`?" }
        return
            ": there are \(times.joined(separator: ", ")) and every other pNN below p100, the same "
            + "as service.p50 and so on, failed, dropped, rate"
    }

    /// What the run showed: in seconds, a share or per second; nil when nothing was measured.
    func value(in result: HitResult) -> Double? {
        switch quantity {
        case .time(let statistic, let isService):
            statistic.value(isService ? result.service : result.response)?.seconds
        case .failed: result.failedShare
        case .dropped: result.droppedShare
        case .rate: result.completedPerSecond
        }
    }

    /// A value that was not measured holds no promise.
    func holds(in result: HitResult) -> Bool {
        value(in: result).map { relation.holds($0, bound) } ?? false
    }
}

struct ThresholdError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ threshold: String, _ reason: String) {
        description = "--threshold: `\(threshold)`: \(reason)"
    }
}

/// One number that stands for many times.
enum Statistic: Equatable {
    case least, greatest, mean
    /// - Parameter name: as it was written, `p99.9`.
    /// - Parameter rank: above 0, below 1.
    case quantile(name: String, rank: Double)

    /// What a summary shows, from the least to the greatest and the mean.
    static let shown: [Statistic] =
        [.least] + ranks(["50", "90", "99", "99.9"]) + [.greatest, .mean]
    /// What the JSON holds.
    static let usual: [Statistic] =
        [.least] + ranks(["50", "90", "95", "99", "99.9"]) + [.greatest, .mean]

    private static func ranks(_ texts: [String]) -> [Statistic] {
        texts.compactMap { Statistic("p" + $0) }
    }

    /// `min`, `max`, `mean` or `p` and a number between 0 and 100.
    init?(_ name: String) {
        switch name {
        case "min": self = .least
        case "max": self = .greatest
        case "mean": self = .mean
        default:
            guard name.hasPrefix("p"), let rank = FlagValue.rank(String(name.dropFirst()))
            else { return nil }
            self = .quantile(name: name, rank: rank)
        }
    }

    var name: String {
        switch self {
        case .least: "min"
        case .greatest: "max"
        case .mean: "mean"
        case .quantile(let name, _): name
        }
    }

    /// - Returns: nil when nothing was measured.
    func value(_ times: FineSnapshot) -> Nanoseconds? {
        switch self {
        case .least: times.quantile(0)
        case .greatest: times.count > 0 ? times.greatest : nil
        case .mean: times.mean
        case .quantile(_, let rank): times.quantile(rank)
        }
    }
}
