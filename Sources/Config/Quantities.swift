package import Schedule
package import Time

/// Durations: `500us`, `250ms`, `1.5s`, `1m30s`, `2h`. Each number has its unit, the units fall
/// from left to right, and only the last number may have a fraction.
package enum DurationText {
    private static let units: [(name: String, size: UInt64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
    ]

    /// The duration exactly, in the form that `parse` reads.
    /// - Parameter duration: not negative.
    package static func exact(_ duration: Nanoseconds) -> String {
        var rest = UInt64(clamping: duration.count)
        if rest == 0 { return "0s" }
        if rest < 1_000_000_000 {
            let unit = units.first { rest >= $0.size }!
            return fraction(of: rest, unit: unit)
        }
        var text = ""
        for unit in units.prefix(2) where rest >= unit.size {
            text += "\(rest / unit.size)\(unit.name)"
            rest %= unit.size
        }
        return rest == 0 ? text : text + fraction(of: rest, unit: units[2])
    }

    private static func fraction(of count: UInt64, unit: (name: String, size: UInt64)) -> String {
        let decimals = "\(unit.size)".utf8.count - 1
        return DecimalNumber.text(UInt128(count), decimals: decimals) + unit.name
    }

    package static func parse(_ text: String) throws(InvalidValue) -> Nanoseconds {
        let invalid = InvalidValue(
            "\(quoted(text)) is not a duration", hint: "examples: 250ms, 1.5s, 1m30s, 2h")
        var rest = text[...]
        var total: UInt64 = 0
        var smallest = UInt64.max
        repeat {
            guard let (number, tail) = DecimalNumber.prefix(of: rest) else { throw invalid }
            let name = tail.prefix { $0.isASCII && $0.isLetter }
            rest = tail[name.endIndex...]
            if name.isEmpty, rest.isEmpty, smallest == .max {
                throw InvalidValue(
                    "\(quoted(text)) has no unit", hint: "write `\(text)s` or `\(text)ms`")
            }
            guard let unit = units.first(where: { $0.name == name }), unit.size < smallest,
                rest.isEmpty || number.decimals == 0
            else { throw invalid }
            guard let count = number.scaled(by: unit.size) else {
                throw InvalidValue("\(quoted(text)) is not a whole number of nanoseconds")
            }
            smallest = unit.size
            let (sum, overflow) = total.addingReportingOverflow(count)
            guard !overflow, sum <= UInt64(Int64.max) else { throw invalid }
            total = sum
        } while !rest.isEmpty
        return Nanoseconds(Int64(total))
    }
}

extension ScalarKind where Value == Nanoseconds {
    static func duration(_ range: ClosedRange<Nanoseconds>) -> ScalarKind {
        ScalarKind(
            "duration", within: range, parsing: DurationText.parse, writing: DurationText.exact)
    }
}

/// Rates: `50/s`, `12.5/m`, `100/h`. At most nine digits, six of them behind the point: the
/// schedule's integral then stays exact for decades.
package enum RateText {
    static let digitCountMax = 9
    static let decimalsMax = 6
    package static let minimum = Rate(requests: 1, per: .seconds(10_000))!
    package static let maximum = Rate(requests: 200_000, per: .seconds(1))!

    private static let units: [(name: String, period: Nanoseconds)] = [
        ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3_600)),
    ]

    /// The rate in the form that `parse` reads, exact for every rate that was read; others are
    /// rounded down.
    package static func exact(_ rate: Rate) -> String {
        for unit in units {
            let perUnit = UInt128(rate.requests) * UInt128(UInt64(unit.period.count))
            let scaled = perUnit * DecimalNumber.power(decimalsMax)
            guard scaled % UInt128(rate.period) == 0 else { continue }
            let text = DecimalNumber.text(scaled / UInt128(rate.period), decimals: decimalsMax)
            if text.drop(while: { "0.".contains($0) }).utf8.count(where: isDigit) <= digitCountMax {
                return text + "/" + unit.name
            }
        }
        let perSecond = UInt128(rate.requests) * 1_000_000_000
        let scaled = perSecond * DecimalNumber.power(decimalsMax) / UInt128(rate.period)
        return DecimalNumber.text(scaled, decimals: decimalsMax) + "/s"
    }

    package static func parse(_ text: String) throws(InvalidValue) -> Rate {
        guard let (number, rest) = DecimalNumber.prefix(of: text[...]) else {
            throw InvalidValue(
                "\(quoted(text)) is not a rate", hint: "examples: 50/s, 12.5/m, 100/h")
        }
        if rest.isEmpty {
            throw InvalidValue(
                "\(quoted(text)) has no unit",
                hint: "write `\(text)/s`, `\(text)/m` or `\(text)/h`")
        }
        guard let unit = units.first(where: { rest == "/" + $0.name }) else {
            throw InvalidValue(
                "\(quoted(text)) is not a rate", hint: "examples: 50/s, 12.5/m, 100/h")
        }
        guard number.significantDigits <= digitCountMax, number.decimals <= decimalsMax else {
            throw InvalidValue(
                "\(quoted(text)) has too many digits",
                hint: "a rate has at most \(digitCountMax), \(decimalsMax) of them decimals")
        }
        let period = unit.period * Int64(DecimalNumber.power(number.decimals))
        guard let rate = Rate(requests: number.digits, per: period), minimum <= rate,
            rate <= maximum
        else {
            throw InvalidValue(
                "\(quoted(text)) is outside \(exact(minimum)) to \(exact(maximum))")
        }
        return rate
    }
}

extension ScalarKind where Value == Rate {
    static var rate: ScalarKind {
        ScalarKind(
            "rate", within: RateText.minimum...RateText.maximum, parsing: RateText.parse,
            writing: RateText.exact)
    }
}

/// Sizes in bytes: `512B`, `64KiB`, `1.5MiB`, `10MB`.
package enum SizeText {
    private static let units: [(name: String, size: UInt64)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("B", 1),
    ]

    /// The size exactly, in the largest binary unit that leaves it whole.
    package static func exact(_ bytes: Int) -> String {
        let count = UInt64(clamping: bytes)
        let binary = units.prefix(3).first { count >= $0.size && count % $0.size == 0 }
        return binary.map { "\(count / $0.size)\($0.name)" } ?? "\(count)B"
    }

    package static func parse(_ text: String) throws(InvalidValue) -> Int {
        guard let (number, rest) = DecimalNumber.prefix(of: text[...]) else {
            throw InvalidValue(
                "\(quoted(text)) is not a size", hint: "examples: 512B, 64KiB, 1MiB, 10MB")
        }
        if rest.isEmpty {
            throw InvalidValue(
                "\(quoted(text)) has no unit", hint: "write `\(text)B` or `\(text)KiB`")
        }
        guard let unit = units.first(where: { $0.name == rest }) else {
            throw InvalidValue(
                "\(quoted(text)) is not a size",
                hint: "units are B, kB, MB, GB (1000) and KiB, MiB, GiB (1024)")
        }
        guard let bytes = number.scaled(by: unit.size).flatMap(Int.init(exactly:)) else {
            throw InvalidValue("\(quoted(text)) is not a whole number of bytes")
        }
        return bytes
    }
}

extension ScalarKind where Value == Int {
    static func size(_ range: ClosedRange<Int>) -> ScalarKind {
        ScalarKind("size", within: range, parsing: SizeText.parse, writing: SizeText.exact)
    }
}
