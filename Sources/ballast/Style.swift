import ArgumentParser
import System

/// What the reader of a stream can show: colours, characters beyond ASCII, how wide.
struct Style: Equatable {
    enum Color: String {
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
        case bold = "1"
        case dim = "2"
    }

    var hasColors: Bool
    var hasUnicode: Bool
    var columns: Int

    static let plain = Style(hasColors: false, hasUnicode: false, columns: 80)

    init(hasColors: Bool, hasUnicode: Bool, columns: Int) {
        self.hasColors = hasColors
        self.hasUnicode = hasUnicode
        self.columns = columns
    }

    /// As the environment has it: https://no-color.org, the locale, the terminal.
    init(of stream: StandardStream, noColor: Bool, noUnicode: Bool) {
        let isDumb = Environment.value("TERM").map { $0 == "dumb" } ?? true
        hasColors =
            !noColor && stream.isTerminal && !isDumb && Environment.value("NO_COLOR") == nil
        hasUnicode = !noUnicode && Self.isUTF8
        columns = min(stream.columns ?? 80, 200)
    }

    /// The first of these variables that is set decides (POSIX). None at all is mostly a container,
    /// whose terminal stands elsewhere and knows UTF-8.
    private static var isUTF8: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { Environment.value($0) }.first
        guard let locale = locale?.lowercased() else { return true }
        return locale.contains("utf-8") || locale.contains("utf8")
    }

    func paint(_ text: String, _ color: Color) -> String {
        hasColors && !text.isEmpty ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
    }

    var dot: String { hasUnicode ? " · " : ", " }
    var ellipsis: String { hasUnicode ? "…" : "..." }
}

extension String {
    /// Blanks in front, up to a width; nothing is cut.
    func right(_ width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }

    /// Blanks behind, up to a width.
    func left(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

/// What a command with a live line lets its user say about the terminal.
struct TerminalFlags: ParsableArguments {
    @Flag(help: "No live line.")
    var quiet = false

    @Flag(help: "No colours; the environment variable NO_COLOR does the same.")
    var noColor = false

    @Flag(help: "Only ASCII characters.")
    var noUnicode = false

    func style(of stream: StandardStream) -> Style {
        Style(of: stream, noColor: noColor, noUnicode: noUnicode)
    }

    /// The live line is for people: a pipe gets none.
    var showsProgress: Bool { !quiet && StandardStream.error.isTerminal }
}
