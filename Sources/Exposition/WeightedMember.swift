/// One member of an `Accept` or `Accept-Encoding` list (RFC 9110 §12.5): a name, its parameters and
/// its weight.
struct WeightedMember: Hashable, Sendable {
    /// Lower-case: `text/plain`, `*/*`, `gzip`.
    var name: String
    /// Lower-case names; values without their quotes.
    var parameters: [String: String]
    /// 0 to 1.
    var quality: Double

    /// The members of a list in their order. One whose weight is not a number between 0 and 1 is
    /// left out; it says nothing that could be honoured.
    static func list(_ header: String) -> [WeightedMember] {
        split(header, at: ",").compactMap { member in
            let parts = split(member, at: ";").map(trimmed)
            guard let name = parts.first, !name.isEmpty else { return nil }
            var result = WeightedMember(
                name: String(name).lowercased(), parameters: [:], quality: 1)
            for part in parts.dropFirst() {
                guard let equals = part.firstIndex(of: "=") else { continue }
                let key = trimmed(part[..<equals]).lowercased()
                let value = unquoted(trimmed(part[part.index(after: equals)...]))
                if key == "q" {
                    guard let quality = Double(value), (0...1).contains(quality) else { return nil }
                    result.quality = quality
                    // What follows the weight is not part of the name (RFC 9110 §12.5.1).
                    break
                }
                result.parameters[key] = value
            }
            return result
        }
    }

    /// Splits at a separator outside of quoted strings.
    private static func split(_ text: some StringProtocol, at separator: Character) -> [Substring] {
        var parts: [Substring] = []
        let text = Substring(text)
        var start = text.startIndex
        var quoted = false
        var escaped = false
        for index in text.indices {
            let character = text[index]
            if escaped {
                escaped = false
            } else if quoted && character == "\\" {
                escaped = true
            } else if character == "\"" {
                quoted.toggle()
            } else if character == separator && !quoted {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        parts.append(text[start...])
        return parts
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }

    private static func unquoted(_ text: Substring) -> String {
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else {
            return String(text)
        }
        var result = ""
        var escaped = false
        for character in text.dropFirst().dropLast() {
            if character == "\\" && !escaped {
                escaped = true
                continue
            }
            result.append(character)
            escaped = false
        }
        return result
    }
}
