/// Writes block YAML that `YAMLComposer` reads back: mappings indented by two, texts in double
/// quotes.
struct YAMLWriter {
    private(set) var text = ""
    private var indent = ""
    /// Stands before the next line instead of the indentation: the dash of a list item.
    private var lead: String?

    private mutating func line(_ content: String) {
        text += (lead ?? indent) + content + "\n"
        lead = nil
    }

    /// A value that is safe as it is: a number, a duration, a word of ours.
    mutating func plain(_ key: String, _ value: String) { line("\(key): \(value)") }

    mutating func text(_ key: String, _ value: String) {
        line("\(Self.key(key)): \(Self.quoted(value))")
    }

    mutating func value(_ key: String, _ value: String, isText: Bool) {
        if isText { text(key, value) } else { plain(key, value) }
    }

    mutating func mapping(_ key: String, _ write: (inout YAMLWriter) -> Void) {
        line("\(key):")
        indented(write)
    }

    mutating func list<Item>(
        _ key: String, _ items: [Item], _ write: (inout YAMLWriter, Item) -> Void
    ) {
        line(items.isEmpty ? "\(key): []" : "\(key):")
        for item in items {
            lead = indent + "  - "
            indented { $0.indented { write(&$0, item) } }
        }
    }

    private mutating func indented(_ write: (inout YAMLWriter) -> Void) {
        let outer = indent
        indent += "  "
        write(&self)
        indent = outer
    }

    /// Header names may start with characters that YAML gives a meaning.
    private static func key(_ key: String) -> String {
        let isPlain = key.utf8.allSatisfy {
            isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        return isPlain && key.utf8.first.map(isLetter) == true ? key : quoted(key)
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C: quoted += "\\\(scalar)"
            case 0x0A: quoted += "\\n"
            case 0x0D: quoted += "\\r"
            case 0x09: quoted += "\\t"
            case ..<0x20, 0x7F...0xA0: quoted += "\\x" + hex(scalar.value, digits: 2)
            case 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
                quoted += "\\u" + hex(scalar.value, digits: 4)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }
}

/// What is hidden on pages that anybody may open.
package enum Masking {
    static let mask = "****"

    private static let secretNames = [
        "authorization", "proxy-authorization", "cookie", "x-api-key",
    ]
    private static let secretWords = ["token", "secret", "password", "key"]
    private static let schemes = ["Bearer ", "Basic ", "Digest ", "Token "]

    package static func isSecret(_ headerName: String) -> Bool {
        let name = headerName.lowercased()
        return secretNames.contains(name) || secretWords.contains { name.contains($0) }
    }

    /// A secret header's literal text is hidden but for the name of its scheme; references stay
    /// readable.
    package static func value(of header: RequestSettings.Header) -> Template {
        guard isSecret(header.name) else { return header.value }
        let parts = header.value.parts.enumerated().map { index, part -> Template.Part in
            guard case .text(let text) = part else { return part }
            let scheme = index == 0 ? schemes.first { text.hasPrefix($0) } ?? "" : ""
            return .text(text == scheme ? text : scheme + mask)
        }
        return Template(parts: parts)
    }

    package static func proxy(_ url: String) -> String {
        guard let at = url.lastIndex(of: "@"), let mark = url.firstRange(of: "://") else {
            return url
        }
        return url[..<mark.upperBound] + mask + url[at...]
    }
}
