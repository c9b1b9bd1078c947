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

/// How the text of a scalar becomes a value.
struct ScalarKind<Value> {
    let read: (YAMLNode.Scalar) throws(InvalidValue) -> Value

    init(_ read: @escaping (YAMLNode.Scalar) throws(InvalidValue) -> Value) { self.read = read }

    /// Quoted or not makes no difference.
    init(parsing parse: @escaping (String) throws(InvalidValue) -> Value) {
        read = { (scalar: YAMLNode.Scalar) throws(InvalidValue) -> Value in try parse(scalar.text) }
    }

    func map<Other>(_ transform: @escaping (Value) -> Other) -> ScalarKind<Other> {
        ScalarKind<Other> { (scalar: YAMLNode.Scalar) throws(InvalidValue) -> Other in
            transform(try read(scalar))
        }
    }

    /// One of a few words, or what `self` reads.
    func or(_ words: KeyValuePairs<String, Value>) -> ScalarKind {
        ScalarKind { (scalar: YAMLNode.Scalar) throws(InvalidValue) -> Value in
            if let word = words.first(where: { $0.key == scalar.text }) { return word.value }
            do throws(InvalidValue) {
                return try read(scalar)
            } catch {
                let near = closest(to: scalar.text, among: words.map(\.key))
                throw InvalidValue(
                    error.message, hint: near.map { "did you mean `\($0)`?" } ?? error.hint)
            }
        }
    }

    static func choice(_ words: KeyValuePairs<String, Value>) -> ScalarKind {
        ScalarKind(parsing: { (text: String) throws(InvalidValue) -> Value in
            if let word = words.first(where: { $0.key == text }) { return word.value }
            let names = words.map(\.key)
            throw InvalidValue(
                "\(quoted(text)) is not one of \(names.joined(separator: ", "))",
                hint: closest(to: text, among: names).map { "did you mean `\($0)`?" })
        })
    }
}

extension ScalarKind where Value: Comparable {
    /// Values with units; an error names the ends of the range with theirs.
    init(
        parsing parse: @escaping (String) throws(InvalidValue) -> Value,
        within range: ClosedRange<Value>, exact: @escaping (Value) -> String
    ) {
        self.init(parsing: { (text: String) throws(InvalidValue) -> Value in
            let value = try parse(text)
            guard range.contains(value) else {
                let ends = "\(exact(range.lowerBound)) to \(exact(range.upperBound))"
                throw InvalidValue("\(quoted(text)) is outside \(ends)")
            }
            return value
        })
    }
}

extension ScalarKind where Value == Bool {
    static var boolean: ScalarKind {
        ScalarKind { (scalar: YAMLNode.Scalar) throws(InvalidValue) -> Bool in
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
        }
    }
}

extension ScalarKind where Value: FixedWidthInteger {
    static func integer(_ range: ClosedRange<Value>) -> ScalarKind {
        ScalarKind { (scalar: YAMLNode.Scalar) throws(InvalidValue) -> Value in
            let text = scalar.text
            let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
            guard !digits.isEmpty, digits.utf8.allSatisfy(isDigit) else {
                throw InvalidValue("\(quoted(text)) is not a whole number")
            }
            guard let value = Value(text), range.contains(value) else {
                throw InvalidValue(
                    "\(quoted(text)) is outside \(range.lowerBound) to \(range.upperBound)")
            }
            guard !scalar.isQuoted else {
                throw InvalidValue(
                    "the text \(quoted(text)) stands where a number belongs",
                    hint: "remove the quotes")
            }
            return value
        }
    }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}
