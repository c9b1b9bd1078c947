import Measure

/// Numbers as Prometheus reads them, appended without an intermediate `String` where a scrape does
/// it often.
enum Digits {
    static func append(_ sample: Sample, to buffer: inout [UInt8]) {
        switch sample {
        case .integer(let value): append(value, to: &buffer)
        case .signed(let value):
            if value < 0 { buffer.append(UInt8(ascii: "-")) }
            append(value.magnitude, to: &buffer)
        case .real(let value): append(value, to: &buffer)
        case .histogram: preconditionFailure("a histogram is more than one number")
        }
    }

    static func append(_ value: UInt64, to buffer: inout [UInt8]) {
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = 20
        var rest = value
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = quotient
        } while rest > 0
        buffer.append(addingCapacity: 20 - first) { output in
            for index in first..<20 { output.append(digits[index]) }
        }
    }

    /// The shortest text that reads back as the same number, without a needless `.0`.
    static func append(_ value: Double, to buffer: inout [UInt8]) {
        guard value.isFinite else {
            buffer += (value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf").utf8
            return
        }
        let text = value.description.utf8
        let isWhole = text.suffix(2).elementsEqual(".0".utf8)
        buffer += isWhole ? text.dropLast(2) : text[...]
    }

    /// A sum of nanoseconds in seconds, exact to the last digit.
    static func append(seconds nanoseconds: UInt128, to buffer: inout [UInt8]) {
        let (whole, below) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        append(UInt64(whole), to: &buffer)
        var fraction = UInt64(below)
        guard fraction > 0 else { return }
        buffer.append(UInt8(ascii: "."))
        var unit: UInt64 = 100_000_000
        while fraction > 0 {
            buffer.append(UInt8(ascii: "0") + UInt8(fraction / unit))
            fraction %= unit
            unit /= 10
        }
    }

    /// A bound in seconds as Go's `%g` writes it, with `.0` where that has neither point nor
    /// exponent: `0.0005`, `1.0`, `1e-05`, `1e+06`. All exposition formats share it, so that `le`
    /// is the same series in each.
    static func bound(_ nanoseconds: Int64) -> String {
        guard nanoseconds != 0 else { return "0.0" }
        let sign = nanoseconds < 0 ? "-" : ""
        let all = "\(nanoseconds.magnitude)"
        let exponent = all.utf8.count - 10
        var digits = all[...]
        while digits.last == "0" { digits.removeLast() }
        if exponent < -4 || exponent >= 6 {
            let rest = digits.dropFirst()
            let mantissa = rest.isEmpty ? "\(digits)" : "\(digits.prefix(1)).\(rest)"
            // Nanoseconds in an Int64 keep the exponent between -9 and 9: one digit.
            return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")0\(abs(exponent))"
        }
        if exponent < 0 {
            return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits
        }
        let whole = all.prefix(exponent + 1)
        let fraction = digits.dropFirst(exponent + 1)
        return "\(sign)\(whole).\(fraction.isEmpty ? "0" : "\(fraction)")"
    }
}
