import Schedule
package import Time

/// Values of command-line flags, read as the same values of a configuration file are, so that both
/// have one notation, one range and one wording of errors.
package enum FlagValue {
    private static func read<Value>(
        _ text: String, _ kind: ScalarKind<Value>
    ) throws(InvalidValue) -> Value {
        try kind.read(YAMLNode.Scalar(text: text, isQuoted: false))
    }

    /// A URL with its path and query, which become the target's and the request's.
    package static func url(
        _ text: String
    ) throws(InvalidValue) -> (target: Target, path: Template) {
        // A query may hold a URL of its own.
        let start = text.prefix { !"/?#".contains($0) }
        let hasScheme = start.hasSuffix(":") && text[start.endIndex...].hasPrefix("//")
        let text = hasScheme ? text : "http://" + text
        let parts = try URLText.parse(text, schemes: ["http", "https"])
        let target = try Target.parse(String(text[..<parts.rest.startIndex]))
        let path = try URLText.path(parts.rest)
        return (target, Template(path.hasPrefix("?") ? "/" + path : path))
    }

    /// `50` per second, `50/s`, or `max` for a closed loop.
    package static func rate(_ text: String) throws(InvalidValue) -> RateSetting {
        let isBare = DecimalNumber.prefix(of: text[...]).map { $0.rest.isEmpty } ?? false
        return try read(isBare ? text + "/s" : text, .streamRate)
    }

    /// Any length of time above zero.
    package static func length(_ text: String) throws(InvalidValue) -> Nanoseconds {
        let length = try DurationText.parse(text)
        guard length > .zero else {
            throw InvalidValue("\(quoted(text)) is no time at all", hint: "for example 30s")
        }
        return length
    }

    package static func timeout(_ text: String) throws(InvalidValue) -> Nanoseconds {
        try read(text, .duration(Ranges.timeout))
    }

    package static func late(_ text: String) throws(InvalidValue) -> Nanoseconds {
        try read(text, .duration(Ranges.late))
    }

    package static func connections(_ text: String) throws(InvalidValue) -> Int {
        try read(text, .integer(Ranges.connections))
    }

    package static func requests(_ text: String) throws(InvalidValue) -> UInt64 {
        try read(text, .integer(1...1_000_000_000_000))
    }

    package static func workers(_ text: String) throws(InvalidValue) -> WorkerCount {
        try read(text, .workerCount)
    }

    package static func arrivals(_ text: String) throws(InvalidValue) -> Arrivals {
        try read(text, .arrivals)
    }

    package static func seed(_ text: String) throws(InvalidValue) -> UInt64 {
        try read(text, .integer(Ranges.seed))
    }

    package static func pacing(_ text: String) throws(InvalidValue) -> PacingSetting {
        try read(text, .pacing)
    }

    package static func http(_ text: String) throws(InvalidValue) -> HTTPVersion {
        try read(text, .httpVersion)
    }

    package static func transport(_ text: String) throws(InvalidValue) -> TransportSetting {
        try read(text, .transport)
    }

    /// `204`, `200-299`, `2xx`, or several of them with commas between.
    package static func statuses(_ text: String) throws(InvalidValue) -> StatusSet {
        var ranges: [ClosedRange<UInt16>] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            ranges.append(try StatusText.parse(String(item.trimmed)))
        }
        return .joining(ranges)
    }

    /// `name: value`, where the value may refer to `${env:NAME}` and `${file:PATH}`.
    package static func header(_ text: String) throws(InvalidValue) -> RequestSettings.Header {
        guard let colon = text.firstIndex(of: ":") else {
            throw InvalidValue(
                "\(quoted(text)) is not a header", hint: "write `name: value`")
        }
        let name = String(text[..<colon].trimmed)
        let value = text[text.index(after: colon)...].trimmed
        try HeaderRules.checkName(name)
        let template = try TemplateText.parse(String(value)).template
        for case .text(let literal) in template.parts {
            try HeaderRules.checkValue(Array(literal.utf8))
        }
        return .init(name, template)
    }

    /// `@path` for a file, anything else for the text itself.
    package static func body(_ text: String) throws(InvalidValue) -> RequestSettings.Body {
        guard text.hasPrefix("@") else { return .inline(try TemplateText.parse(text).template) }
        let path = String(text.dropFirst())
        if case .failure(let failure) = SystemFile.read(path) {
            throw InvalidValue("cannot read \(quoted(path)): \(failure.reason)")
        }
        return .file(path)
    }

    /// `127.0.0.1:9909`, `[::1]:9909`, `:9909`.
    package static func listen(_ text: String) throws(InvalidValue) -> ListenAddress {
        try read(text, .listenAddress)
    }

    /// `5%`, from 0 to 100, as a share from 0 to 1.
    package static func share(_ text: String) throws(InvalidValue) -> Double {
        guard let (number, rest) = DecimalNumber.prefix(of: text[...]), rest == "%" || rest.isEmpty
        else {
            throw InvalidValue("\(quoted(text)) is not a share", hint: "for example 1%")
        }
        guard !rest.isEmpty else {
            // Other tools, and our JSON, have shares from 0 to 1.
            let share = number.value <= 1 ? "`1%` for a share of 0.01" : "`\(text)%`"
            throw InvalidValue("\(quoted(text)) has no unit", hint: "write \(share)")
        }
        let share = number.value / 100
        guard share <= 1 else { throw InvalidValue("\(quoted(text)) is above 100%") }
        return share
    }

    /// The `99.9` of `p99.9` as a rank between 0 and 1, without them; nil when it is none.
    package static func rank(_ text: String) -> Double? {
        guard let (number, rest) = DecimalNumber.prefix(of: text[...]), rest.isEmpty,
            number.value > 0, number.value < 100
        else { return nil }
        // One division, so that it is the same double as 0.999 written out.
        return Double(number.digits) / Double(DecimalNumber.power(number.decimals + 2))
    }

    /// `45` or `45/s`, per second.
    package static func perSecond(_ text: String) throws(InvalidValue) -> Double {
        guard let (number, rest) = DecimalNumber.prefix(of: text[...]), rest.isEmpty || rest == "/s"
        else {
            throw InvalidValue(
                "\(quoted(text)) is not a number per second", hint: "for example 45/s")
        }
        return number.value
    }
}

extension DecimalNumber {
    /// The closest double.
    var value: Double { Double(digits) / Double(Self.power(decimals)) }
}

extension StringProtocol {
    /// Without blanks and tabs at both ends.
    fileprivate var trimmed: SubSequence {
        let start = drop { $0 == " " || $0 == "\t" }
        let count = start.reversed().prefix { $0 == " " || $0 == "\t" }.count
        return start.dropLast(count)
    }
}
