/// Numbers as a person reads them.
enum Numbers {
    /// `1 234 567` with thin gaps would not align everywhere: plain digits up to 9 999, then groups.
    static func count(_ value: UInt64) -> String {
        let digits = "\(value)"
        guard digits.utf8.count > 4 else { return digits }
        var groups: [Substring] = []
        var rest = digits[...]
        while !rest.isEmpty {
            groups.append(rest.suffix(3))
            rest = rest.dropLast(3)
        }
        return groups.reversed().joined(separator: " ")
    }

    /// A difference of counts, which a fault would make negative: shown as it is.
    static func count(_ value: Int64) -> String {
        (value < 0 ? "-" : "") + count(value.magnitude)
    }

    /// Three significant digits, no exponent: `0.0123`, `49.9`, `1 235`.
    static func real(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        if value >= 999.5 { return count(UInt64(value.rounded())) }
        if value == 0 { return "0" }
        let decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : 3
        let scale = [1.0, 10, 100, 1_000][decimals]
        return fixed(UInt64((value * scale).rounded()), decimals: decimals)
    }

    /// `1.3%`, `0.02%`, `100%`; what is not quite nothing or everything never looks like it.
    static func share(_ part: UInt64, of whole: UInt64) -> String {
        guard whole > 0 else { return "-" }
        if part == 0 { return "0%" }
        if part == whole { return "100%" }
        let percent = Double(part) / Double(whole) * 100
        if percent < 0.01 { return "<0.01%" }
        if percent > 99.99 { return ">99.99%" }
        return percentage(percent)
    }

    static func percentage(_ percent: Double) -> String {
        let decimals = percent < 10 || percent > 99 ? 2 : 1
        return fixed(UInt64((percent * [1.0, 10, 100][decimals]).rounded()), decimals: decimals)
            + "%"
    }

    /// `512 B`, `1.5 kB`, `20.3 MB`.
    static func bytes(_ value: UInt64) -> String {
        var amount = Double(value)
        for unit in ["B", "kB", "MB", "GB"] {
            if amount < 999.5 { return "\(real(amount)) \(unit)" }
            amount /= 1_000
        }
        return "\(real(amount)) TB"
    }

    /// `digits` / 10^`decimals`, without zeros at the end.
    private static func fixed(_ digits: UInt64, decimals: Int) -> String {
        var text = "\(digits)".padded(decimals + 1)
        guard decimals > 0 else { return text }
        text.insert(".", at: text.index(text.endIndex, offsetBy: -decimals))
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        String(repeating: "0", count: max(0, width - utf8.count)) + self
    }
}
