/// Status codes: `204`, `200-299`, `2xx`.
enum StatusText {
    private static let all: ClosedRange<UInt16> = 100...599

    static func parse(_ text: String) throws(InvalidValue) -> ClosedRange<UInt16> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        let range: ClosedRange<UInt16>
        if text.utf8.count == 3, text.lowercased().hasSuffix("xx"),
            let digit = UInt16(text.prefix(1)),
            (1...5).contains(digit)
        {
            range = digit * 100...digit * 100 + 99
        } else if ends.count == 1, let code = code(ends[0]) {
            range = code...code
        } else if ends.count == 2, let first = code(ends[0]), let last = code(ends[1]) {
            guard first <= last else {
                throw InvalidValue(
                    "\(quoted(text)) is backwards", hint: "write `\(last)-\(first)`")
            }
            range = first...last
        } else {
            throw InvalidValue(
                "\(quoted(text)) is not a status", hint: "examples: 204, 200-299, 2xx")
        }
        guard all.contains(range.lowerBound), all.contains(range.upperBound) else {
            throw InvalidValue("\(quoted(text)) is outside 100 to 599")
        }
        return range
    }

    private static func code(_ text: Substring) -> UInt16? {
        text.utf8.count == 3 && text.utf8.allSatisfy(isDigit) ? UInt16(text) : nil
    }

    /// One item of a list in a form that `parse` reads.
    static func exact(_ range: ClosedRange<UInt16>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }
}

extension StatusSet {
    /// Any order, overlaps allowed: they are joined.
    package static func joining(_ ranges: [ClosedRange<UInt16>]) -> StatusSet {
        var joined: [ClosedRange<UInt16>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = joined.last, range.lowerBound <= last.upperBound + 1 {
                joined[joined.count - 1] =
                    last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                joined.append(range)
            }
        }
        return StatusSet(joined)
    }
}

extension ScalarKind where Value == ClosedRange<UInt16> {
    static var status: ScalarKind {
        ScalarKind(
            "status", range: "100 to 599", parsing: StatusText.parse, writing: StatusText.exact)
    }
}
