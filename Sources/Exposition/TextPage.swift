package import Measure

/// The page of `/metrics` in Prometheus' text format 0.0.4. Names, labels and bounds are rendered
/// once, here; a scrape reads every series once, in the order given, and adds only digits. A new
/// series needs a new page.
package struct TextPage {
    /// What follows a piece of fixed text.
    private enum Values {
        case scalar
        /// The bounds that the `le` texts were made from, in ns.
        case histogram(upper: [Int64])
    }

    private struct Entry {
        let read: () -> Sample
        let values: Values
    }

    private var entries: [Entry] = []
    /// All fixed text in the order of the page; `ends` says where each line's own part ends.
    private var fixed: [UInt8] = []
    private var ends: [Int] = []
    private var tail: [UInt8] = []
    private var buffer: [UInt8] = []

    /// Samples (`name{labels} value` lines) on the page, as Prometheus counts series.
    package private(set) var seriesCount = 0

    /// - Parameter families: distinct names; each histogram series is read once to learn its
    ///   bounds.
    package init(_ families: [MetricFamily]) {
        for family in families {
            append("# HELP \(family.name) \(Escaping.help(family.help))\n")
            append("# TYPE \(family.name) \(family.kind.rawValue)\n")
            for series in family.series { add(series, of: family.name) }
        }
        tail = Array(fixed[(ends.last ?? 0)...])
    }

    /// The page now.
    package mutating func render() -> [UInt8] {
        buffer.removeAll(keepingCapacity: true)
        var line = 0
        var start = 0
        for entry in entries {
            let sample = entry.read()
            switch (entry.values, sample) {
            case (.histogram(let upper), .histogram(let snapshot)):
                precondition(snapshot.bounds.upper == upper, "a series' bounds never change")
                appendHistogram(snapshot, line: &line, start: &start)
            case (.scalar, _):
                appendFixed(&line, &start)
                Digits.append(sample, to: &buffer)
            case (.histogram, _): preconditionFailure("a histogram's sample is a histogram")
            }
        }
        buffer += tail
        return buffer
    }

    private mutating func appendHistogram(
        _ snapshot: HistogramSnapshot, line: inout Int, start: inout Int
    ) {
        var cumulative: UInt64 = 0
        for count in snapshot.counts {
            cumulative &+= count
            appendFixed(&line, &start)
            Digits.append(cumulative, to: &buffer)
        }
        appendFixed(&line, &start)
        Digits.append(seconds: snapshot.sum, to: &buffer)
        appendFixed(&line, &start)
        Digits.append(cumulative, to: &buffer)
    }

    /// A line's fixed text holds the line end of the line before it, so that a scrape appends two
    /// pieces per line.
    private mutating func appendFixed(_ line: inout Int, _ start: inout Int) {
        buffer += fixed[start..<ends[line]]
        start = ends[line]
        line += 1
    }

    // MARK: Fixed text

    private mutating func add(_ series: Series, of name: String) {
        let labels = series.labels.map { "\($0.name)=\"\(Escaping.label($0.value))\"" }
            .joined(separator: ",")
        let braced = labels.isEmpty ? "" : "{\(labels)}"
        guard case .histogram(let snapshot) = series.read() else {
            addLine("\(name)\(braced) ")
            entries.append(Entry(read: series.read, values: .scalar))
            return
        }
        let upper = snapshot.bounds.upper
        let lead = labels.isEmpty ? "" : labels + ","
        for bound in upper.map(Digits.bound) + ["+Inf"] {
            addLine("\(name)_bucket{\(lead)le=\"\(bound)\"} ")
        }
        addLine("\(name)_sum\(braced) ")
        addLine("\(name)_count\(braced) ")
        entries.append(Entry(read: series.read, values: .histogram(upper: upper)))
    }

    private mutating func addLine(_ text: String) {
        append(text)
        ends.append(fixed.count)
        append("\n")
        seriesCount += 1
    }

    private mutating func append(_ text: String) { fixed += text.utf8 }
}

/// Escapes of text format 0.0.4: help lines escape backslash and line feed, label values the quote
/// too.
enum Escaping {
    static func help(_ text: String) -> String { escape(text, quote: false) }

    static func label(_ text: String) -> String { escape(text, quote: true) }

    private static func escape(_ text: String, quote: Bool) -> String {
        var result = ""
        // Scalars, not characters: CR LF is one character and would hide its line feed.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += #"\\"#
            case "\n": result += #"\n"#
            case "\"" where quote: result += #"\""#
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
