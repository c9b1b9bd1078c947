/// Text of the user's inside a message: in backticks, short, on one line, without control
/// characters.
func quoted(_ text: some StringProtocol, lengthMax: Int = 64) -> String {
    var shown = ""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        guard index < lengthMax else { return "`\(shown)…`" }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            shown += scalar.escaped(asASCII: true)
        default: shown.unicodeScalars.append(scalar)
        }
    }
    return "`\(shown)`"
}

/// A path inside a message: whole, for half a path leads nowhere.
func quoted(path: String) -> String { quoted(path, lengthMax: 4_096) }

/// The one of `candidates` that a user most likely meant: at most a third of its letters differ.
package func closest(to text: String, among candidates: some Sequence<String>) -> String? {
    guard text.utf8.count <= 40 else { return nil }
    let ranked = candidates.map { ($0, editDistance(text.lowercased(), $0.lowercased())) }
    guard let best = ranked.min(by: { $0.1 < $1.1 }) else { return nil }
    return best.1 <= max(1, best.0.utf8.count / 3) ? best.0 : nil
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
package func editDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                cost = min(cost, beforeLast[j - 1] + 1)
            }
            row.append(cost)
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
