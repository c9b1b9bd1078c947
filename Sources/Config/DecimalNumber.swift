/// A decimal number without a sign, exact: `digits` / 10^`decimals`.
package struct DecimalNumber: Hashable {
    private static let digitCountMax = 18

    var digits: UInt64
    /// How many of the digits stand behind the point; at most 18.
    var decimals: Int
    /// Without the zeros in front.
    var significantDigits: Int

    /// Reads `12` or `1.5` at the start of a text; `.5` and `5.` are no numbers.
    /// - Returns: nil when there is none, or one too long to be exact.
    static func prefix(of text: Substring) -> (number: DecimalNumber, rest: Substring)? {
        let whole = text.prefix { $0.isASCII && $0.isNumber }
        var rest = text[whole.endIndex...]
        var fraction = ""[...]
        if rest.hasPrefix(".") {
            fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            rest = text[fraction.endIndex...]
            guard !fraction.isEmpty else { return nil }
        }
        let all = whole + fraction
        let significant = all.drop { $0 == "0" }
        guard !whole.isEmpty, all.utf8.count <= digitCountMax, let digits = UInt64(all) else {
            return nil
        }
        let number = DecimalNumber(
            digits: digits, decimals: fraction.utf8.count,
            significantDigits: significant.utf8.count)
        return (number, rest)
    }

    /// The number times `unit`; nil when that is not whole or too large.
    func scaled(by unit: UInt64) -> UInt64? {
        let product = UInt128(digits) * UInt128(unit)
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: Self.power(decimals))
        return remainder == 0 ? UInt64(exactly: quotient) : nil
    }

    static func power(_ exponent: Int) -> UInt128 {
        (0..<exponent).reduce(UInt128(1)) { power, _ in power * 10 }
    }

    /// `digits` / 10^`decimals` as text, without zeros at the end.
    package static func text(_ digits: UInt128, decimals: Int) -> String {
        let (whole, fraction) = digits.quotientAndRemainder(dividingBy: power(decimals))
        guard fraction > 0 else { return "\(whole)" }
        var tail = "\(fraction)"
        tail = String(repeating: "0", count: decimals - tail.utf8.count) + tail
        while tail.hasSuffix("0") { tail.removeLast() }
        return "\(whole).\(tail)"
    }
}
