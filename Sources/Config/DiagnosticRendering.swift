extension ConfigurationError {
    /// For a terminal or a log, ending with a line end:
    ///
    ///     ballast.yaml:12:7: error: unknown key `timeot`
    ///       timeot: 5s
    ///       ^
    ///       hint: did you mean `timeout`?
    package var rendered: String {
        let lines = source.lines(Set(diagnostics.compactMap(\.position?.line)))
        var text = diagnostics.map { render($0, lines) }.joined()
        if hasMore { text += "\(file): there are more errors; these are the first found\n" }
        return text
    }

    private func render(_ diagnostic: Diagnostic, _ lines: [Int: [Unicode.Scalar]]) -> String {
        var place = file
        var excerpt = ""
        if let position = diagnostic.position {
            place += ":\(position.line):\(position.column)"
            excerpt = Excerpt(lines[position.line] ?? [], column: position.column).text
        }
        let hint = diagnostic.hint.map { "  hint: \($0)\n" } ?? ""
        return "\(place): error: \(diagnostic.message)\n\(excerpt)\(hint)"
    }
}

/// A source line with a caret below one column, made safe and short enough for a terminal.
private struct Excerpt {
    private static let widthMax = 120
    private static let contextBefore = 60

    private let line: ArraySlice<Unicode.Scalar>
    private let caret: Int
    private let isCutBefore: Bool
    private let isCutAfter: Bool

    /// - Parameter column: from 1; may lie behind the line's end.
    init(_ scalars: [Unicode.Scalar], column: Int) {
        let target = min(column - 1, scalars.count)
        let first = scalars.count <= Self.widthMax ? 0 : max(0, target - Self.contextBefore)
        let last = min(scalars.count, first + Self.widthMax)
        line = scalars[first..<last]
        caret = target
        isCutBefore = first > 0
        isCutAfter = last < scalars.count
    }

    /// Two lines, or nothing for an empty line.
    var text: String {
        guard line.contains(where: { !$0.properties.isWhitespace }) else { return "" }
        var shown = String.UnicodeScalarView()
        var below = ""
        for (index, scalar) in zip(line.indices, line) {
            shown.append(Self.isSafe(scalar) ? scalar : "\u{FFFD}")
            if index < caret { below += Self.blank(below: scalar) }
        }
        let before = isCutBefore ? "…" : ""
        let after = isCutAfter ? "…" : ""
        return "  \(before)\(String(shown))\(after)\n  \(isCutBefore ? " " : "")\(below)^\n"
    }

    /// Whether a terminal shows the character instead of obeying it.
    private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control: scalar == "\t"
        case .format, .lineSeparator, .paragraphSeparator, .surrogate: false
        default: true
        }
    }

    /// Blanks as wide as the character: a tab stays a tab, wide characters take two columns,
    /// combining marks none.
    private static func blank(below scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return ""
        default: break
        }
        switch scalar.value {
        case 0x09: return "\t"
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            return "  "
        default: return " "
        }
    }
}
