import Foundation

/// A page of the text format, read strictly: what is malformed or doubled is a failure.
package struct MetricsPage {
    package struct Malformed: Error, CustomStringConvertible {
        package let description: String
    }

    package struct Sample {
        package let name: String
        /// As on the page, without the braces.
        package let labels: String
        package let value: Double
    }

    package let samples: [Sample]
    /// Family name to its type, in no order.
    package let types: [String: String]
    private let index: [String: Double]

    package init(_ text: String) throws {
        var samples: [Sample] = []
        var types: [String: String] = [:]
        var helps: Set<String> = []
        var index: [String: Double] = [:]
        var finished: Set<String> = []
        var family = ""
        guard text.hasSuffix("\n") else { throw Malformed(description: "no newline at the end") }
        for line in text.split(separator: "\n").map(String.init) {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            if line.hasPrefix("# ") {
                guard words.count == 4 else { throw Malformed(description: line) }
                if family != words[2] {
                    guard finished.insert(words[2]).inserted else {
                        throw Malformed(description: "\(words[2]) comes twice")
                    }
                }
                family = words[2]
                let isNew =
                    words[1] == "HELP"
                    ? helps.insert(family).inserted
                    : types.updateValue(words[3], forKey: family) == nil
                guard isNew else { throw Malformed(description: "twice: \(line)") }
                continue
            }
            let sample = try Self.sample(line)
            let allowed =
                types[family] == "histogram"
                ? ["_bucket", "_sum", "_count"].map { family + $0 } : [family]
            guard allowed.contains(sample.name) else {
                throw Malformed(description: "\(line) stands under \(family)")
            }
            let key = "\(sample.name){\(sample.labels)}"
            guard index.updateValue(sample.value, forKey: key) == nil else {
                throw Malformed(description: "twice: \(key)")
            }
            samples.append(sample)
        }
        guard helps == Set(types.keys) else { throw Malformed(description: "HELP without TYPE") }
        (self.samples, self.types, self.index) = (samples, types, index)
    }

    private static func sample(_ line: String) throws -> Sample {
        guard let space = line.lastIndex(of: " "),
            let value = Double(line[line.index(after: space)...])
        else { throw Malformed(description: line) }
        let series = line[..<space]
        guard let brace = series.firstIndex(of: "{") else {
            return Sample(name: String(series), labels: "", value: value)
        }
        guard series.hasSuffix("}") else { throw Malformed(description: line) }
        return Sample(
            name: String(series[..<brace]),
            labels: String(series[series.index(after: brace)...].dropLast()), value: value)
    }

    /// The value of exactly this series; nil when it is not there.
    package func value(_ name: String, _ labels: String = "") -> Double? {
        index["\(name){\(labels)}"]
    }

    /// The sum over all series of a name whose labels contain a text.
    package func sum(_ name: String, where labels: String = "") -> Int {
        let chosen = samples.filter {
            $0.name == name && (labels.isEmpty || $0.labels.contains(labels))
        }
        return Int(chosen.reduce(0) { $0 + $1.value })
    }

    /// `requests_total` of one outcome.
    package func outcome(_ outcome: String) -> Int {
        sum("ballast_requests_completed_total", where: "outcome=\"\(outcome)\"")
    }

    /// Outcomes that are not 0.
    package var outcomes: [String: Int] {
        var counts: [String: Int] = [:]
        for sample in samples
        where sample.name == "ballast_requests_completed_total" && sample.value > 0 {
            let outcome = sample.labels.components(separatedBy: "outcome=\"").last ?? ""
            counts[String(outcome.dropLast()), default: 0] += Int(sample.value)
        }
        return counts
    }
}
