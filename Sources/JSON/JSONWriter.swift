/// Writes one JSON text (RFC 8259) front to back. The nesting is the caller's closures, so brackets
/// always match.
///
///     var json = JSONWriter()
///     json.object {
///         $0.field("name", "checkout")
///         $0.array("peers") { $0.value("10.0.0.7:8080") }
///     }
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private let indent: Int?
    private var depth = 0
    private var needsComma = false

    /// - Parameter indent: blanks per level for a person's eyes; nil writes one line.
    package init(indent: Int? = nil) { self.indent = indent }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Containers

    package mutating func object(_ body: (inout JSONWriter) -> Void) {
        nest(open: "{", close: "}", body)
    }

    package mutating func array(_ body: (inout JSONWriter) -> Void) {
        nest(open: "[", close: "]", body)
    }

    package mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    package mutating func array(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        array(body)
    }

    // MARK: Values

    package mutating func value(_ string: String) {
        separate()
        quote(string)
    }

    package mutating func value(_ number: some BinaryInteger) { raw("\(number)") }

    /// The shortest text that reads back as the same number; null for NaN and infinities, which
    /// JSON lacks.
    package mutating func value(_ number: Double) {
        guard number.isFinite else { return null() }
        let text = number.description
        raw(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }

    package mutating func value(_ flag: Bool) { raw(flag ? "true" : "false") }

    package mutating func null() { raw("null") }

    // MARK: Members of an object; nil is null

    package mutating func field(_ name: String, _ string: String?) {
        key(name)
        if let string { value(string) } else { null() }
    }

    package mutating func field(_ name: String, _ number: (some BinaryInteger)?) {
        key(name)
        if let number { value(number) } else { null() }
    }

    package mutating func field(_ name: String, _ number: Double?) {
        key(name)
        if let number { value(number) } else { null() }
    }

    package mutating func field(_ name: String, _ flag: Bool?) {
        key(name)
        if let flag { value(flag) } else { null() }
    }

    /// An object's member name; exactly one value follows.
    package mutating func key(_ name: String) {
        separate()
        quote(name)
        bytes += indent == nil ? ":".utf8 : ": ".utf8
        needsComma = false
        keyed = true
    }

    // MARK: Bytes

    /// Whether a member's name was just written, so that its value stands on the same line.
    private var keyed = false

    private mutating func nest(
        open: StaticString, close: StaticString, _ body: (inout JSONWriter) -> Void
    ) {
        raw("\(open)")
        depth += 1
        needsComma = false
        body(&self)
        precondition(!keyed, "a member's name without a value")
        depth -= 1
        // Only a container that got a member leaves `needsComma` set.
        if needsComma { newLine() }
        bytes += "\(close)".utf8
        needsComma = true
    }

    private mutating func raw(_ text: String) {
        separate()
        bytes += text.utf8
        needsComma = true
    }

    private mutating func separate() {
        if keyed {
            keyed = false
            return
        }
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        if depth > 0 { newLine() }
    }

    private mutating func newLine() {
        guard let indent else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes += repeatElement(UInt8(ascii: " "), count: depth * indent)
    }

    private mutating func quote(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += #"\""#.utf8
            case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
            case UInt8(ascii: "\n"): bytes += #"\n"#.utf8
            case UInt8(ascii: "\r"): bytes += #"\r"#.utf8
            case UInt8(ascii: "\t"): bytes += #"\t"#.utf8
            case ..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes += #"\u00"#.utf8
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }
}
