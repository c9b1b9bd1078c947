/// Some words of a summary, each of which stays on one line, with its colour.
struct Word {
    var text: String
    var color: Style.Color?

    init(_ text: String, _ color: Style.Color? = nil) {
        self.text = text
        self.color = color
    }

    func painted(_ style: Style) -> String { color.map { style.paint(text, $0) } ?? text }
}

extension Style {
    /// Lines no wider than the terminal, as far as a single word allows: the first one behind a name, the others below
    /// its words.
    /// - Parameter separator: between words on one line; a blank for a sentence.
    func lines(_ name: String, _ words: [Word], indent: Int, separator: String) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = name.left(indent)
        var width = 0
        for word in words {
            let isFirst = width == 0
            if !isFirst, indent + width + separator.count + word.text.count > columns {
                lines.append(line)
                (line, width) = (margin, 0)
            }
            if width > 0 {
                line += separator
                width += separator.count
            }
            line += word.painted(self)
            width += word.text.count
        }
        return lines + [line]
    }

    /// A sentence behind a name.
    func sentence(_ name: String, _ text: String, indent: Int) -> [String] {
        lines(name, Self.words(text), indent: indent, separator: " ")
    }

    /// What stands between backquotes is one word: a command has to be copied whole.
    private static func words(_ text: String) -> [Word] {
        var words: [Word] = []
        var isInside = false
        for part in text.split(separator: " ") {
            if isInside {
                words[words.count - 1].text += " " + part
            } else {
                words.append(Word(String(part)))
            }
            if part.filter({ $0 == "`" }).count % 2 == 1 { isInside.toggle() }
        }
        return words
    }
}
