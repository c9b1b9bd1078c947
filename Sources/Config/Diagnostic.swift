/// One mistake in a configuration: where it stands, what it is, and what to do about it.
package struct Diagnostic: Hashable, Sendable {
    /// nil: about the file as a whole.
    package var position: SourcePosition?
    package var message: String
    package var hint: String?

    package init(position: SourcePosition?, message: String, hint: String? = nil) {
        self.position = position
        self.message = message
        self.hint = hint
    }
}

/// Every mistake of a configuration file that was found, in the order of the file. Never empty.
package struct ConfigurationError: Error, Hashable, Sendable {
    /// As the user named the file.
    package let file: String
    package let diagnostics: [Diagnostic]
    /// Whether there are more mistakes than `DiagnosticCollector.countMax`.
    package let hasMore: Bool
    let source: SourceText

    init(file: String, source: SourceText, found: DiagnosticCollector) {
        self.file = file
        self.source = source
        // libyaml takes the end of a file for the start of one more line.
        let end = source.end
        diagnostics = found.sorted.map { diagnostic in
            var diagnostic = diagnostic
            diagnostic.position = diagnostic.position.map { min($0, end) }
            return diagnostic
        }
        hasMore = found.hasMore
    }

    init(file: String, message: String, hint: String? = nil) {
        self.file = file
        source = SourceText([])
        diagnostics = [Diagnostic(position: nil, message: message, hint: hint)]
        hasMore = false
    }
}

/// Gathers the mistakes while reading goes on, so that a user sees all of them at once.
final class DiagnosticCollector {
    static let countMax = 20

    private var diagnostics: [Diagnostic] = []
    private(set) var hasMore = false

    var isEmpty: Bool { diagnostics.isEmpty }

    /// Place and hint are worked out only while there is room, so that a file full of mistakes
    /// costs little.
    func report(
        at position: @autoclosure () -> SourcePosition, _ message: @autoclosure () -> String,
        hint: @autoclosure () -> String?
    ) {
        if hasMore { return }
        let diagnostic = Diagnostic(position: position(), message: message(), hint: hint())
        // What is wrong in `defaults` is found once in each load.
        if diagnostics.contains(diagnostic) { return }
        guard diagnostics.count < Self.countMax else {
            hasMore = true
            return
        }
        diagnostics.append(diagnostic)
    }

    /// In the order of the file.
    var sorted: [Diagnostic] {
        let start = SourcePosition(line: 0, column: 0)
        return diagnostics.sorted { ($0.position ?? start) < ($1.position ?? start) }
    }
}
