/// Why a text is not the value that it should be.
package struct InvalidValue: Error, Hashable, Sendable {
    package var message: String
    package var hint: String?
    /// Which `${` of the text is at fault, counted from 0; nil: the text as a whole.
    package var reference: Int?

    init(_ message: String, hint: String? = nil, reference: Int? = nil) {
        self.message = message
        self.hint = hint
        self.reference = reference
    }
}

/// How a single value stands in the file: its reader, its writer, and what the documents say of it.
struct ScalarKind<Value> {
    /// In the words of docs/configuration.md: `duration`, "`auto`, `direct`, `curl`".
    let type: String
    /// What it may be, where `type` does not say it already.
    let range: String
    /// Whether YAML would take it for something else without quotes.
    let isText: Bool
    let read: (YAMLNode.Scalar) throws(InvalidValue) -> Value
    /// In the notation that `read` takes.
    let write: (Value) -> String

    init(
        _ type: String, range: String = "", isText: Bool = false,
        reading read: @escaping (YAMLNode.Scalar) throws(InvalidValue) -> Value,
        writing write: @escaping (Value) -> String
    ) {
        self.type = type
        self.range = range
        self.isText = isText
        self.read = read
        self.write = write
    }

    /// Quoted or not makes no difference.
    init(
        _ type: String, range: String = "", isText: Bool = false,
        parsing parse: @escaping (String) throws(InvalidValue) -> Value,
        writing write: @escaping (Value) -> String
    ) {
        self.init(
            type, range: range, isText: isText,
            reading: { (scalar: YAMLNode.Scalar) throws(InvalidValue) -> Value in
                try parse(scalar.text)
            }, writing: write)
    }

    /// One word with a meaning of its own, or what `self` reads.
    func or<Other: Equatable>(
        _ word: String, _ meaning: Other, else wrap: @escaping (Value) -> Other,
        unwrap: @escaping (Other) -> Value?
    ) -> ScalarKind<Other> {
        ScalarKind<Other>(
            "\(type) or `\(word)`", range: range, isText: isText,
            reading: { (scalar: YAMLNode.Scalar) throws(InvalidValue) -> Other in
                if scalar.text == word { return meaning }
                do throws(InvalidValue) {
                    return wrap(try read(scalar))
                } catch {
                    let near = closest(to: scalar.text, among: [word])
                    throw InvalidValue(
                        error.message, hint: near.map { "did you mean `\($0)`?" } ?? error.hint)
                }
            }, writing: { unwrap($0).map(write) ?? word })
    }
}

extension ScalarKind where Value: Equatable {
    static func choice(
        _ words: KeyValuePairs<String, Value>, isText: Bool = false
    ) -> ScalarKind {
        let names = words.map(\.key)
        return ScalarKind(
            names.map { "`\($0)`" }.joined(separator: ", "), isText: isText,
            parsing: { (text: String) throws(InvalidValue) -> Value in
                if let word = words.first(where: { $0.key == text }) { return word.value }
                throw InvalidValue(
                    "\(quoted(text)) is not one of \(names.joined(separator: ", "))",
                    hint: closest(to: text, among: names).map { "did you mean `\($0)`?" })
            }, writing: { value in words.first { $0.value == value }?.key ?? "" })
    }
}

extension ScalarKind where Value: Comparable {
    /// Values with units; an error names the ends of the range with theirs.
    init(
        _ type: String, within range: ClosedRange<Value>,
        parsing parse: @escaping (String) throws(InvalidValue) -> Value,
        writing write: @escaping (Value) -> String
    ) {
        let ends = "\(write(range.lowerBound)) to \(write(range.upperBound))"
        self.init(
            type, range: ends,
            parsing: { (text: String) throws(InvalidValue) -> Value in
                let value = try parse(text)
                guard range.contains(value) else {
                    throw InvalidValue("\(quoted(text)) is outside \(ends)")
                }
                return value
            }, writing: write)
    }
}

extension ScalarKind where Value == String {
    /// Any text, as it is or after a look at it.
    static func text(
        _ type: String = "text",
        checking parse: @escaping (String) throws(InvalidValue) -> String = { $0 }
    ) -> ScalarKind {
        ScalarKind(type, isText: true, parsing: parse, writing: { $0 })
    }
}

extension ScalarKind where Value == Bool {
    static var boolean: ScalarKind {
        ScalarKind(
            "yes or no",
            reading: { (scalar: YAMLNode.Scalar) throws(InvalidValue) -> Bool in
                let value = scalar.text == "true" ? true : scalar.text == "false" ? false : nil
                guard let value else {
                    throw InvalidValue("\(quoted(scalar.text)) is neither `true` nor `false`")
                }
                guard !scalar.isQuoted else {
                    throw InvalidValue(
                        "the text \(quoted(scalar.text)) stands where a yes-or-no value belongs",
                        hint: "remove the quotes")
                }
                return value
            }, writing: { "\($0)" })
    }
}

extension ScalarKind where Value: FixedWidthInteger {
    static func integer(_ range: ClosedRange<Value>) -> ScalarKind {
        let ends = "\(range.lowerBound) to \(range.upperBound)"
        return ScalarKind(
            "number", range: ends,
            reading: { (scalar: YAMLNode.Scalar) throws(InvalidValue) -> Value in
                let text = scalar.text
                let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
                guard !digits.isEmpty, digits.utf8.allSatisfy(isDigit) else {
                    throw InvalidValue("\(quoted(text)) is not a whole number")
                }
                guard let value = Value(text), range.contains(value) else {
                    throw InvalidValue("\(quoted(text)) is outside \(ends)")
                }
                guard !scalar.isQuoted else {
                    throw InvalidValue(
                        "the text \(quoted(text)) stands where a number belongs",
                        hint: "remove the quotes")
                }
                return value
            }, writing: { "\($0)" })
    }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}
