import ArgumentParser
import System

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
