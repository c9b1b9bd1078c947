/// A place in a configuration file as editors count it: lines and columns from 1, a column being
/// one Unicode scalar.
package struct SourcePosition: Hashable, Comparable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (a: SourcePosition, b: SourcePosition) -> Bool {
        (a.line, a.column) < (b.line, b.column)
    }
}

/// A YAML value that knows where it was written. Scalars stay text: what they mean is the reader's
/// decision.
struct YAMLNode: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case scalar(Scalar)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    struct Scalar: Hashable, Sendable {
        var text: String
        /// In quotes or a block (`|`, `>`), so surely meant as text.
        var isQuoted: Bool
    }

    struct Entry: Hashable, Sendable {
        var key: String
        var position: SourcePosition
        var value: YAMLNode
        /// Whether it comes from `defaults`.
        var isShared = false
    }

    var content: Content
    var start: SourcePosition
    /// The place behind the last character.
    var end: SourcePosition

    /// Whether it is this single value.
    func isScalar(_ text: String) -> Bool {
        if case .scalar(let scalar) = content { scalar.text == text } else { false }
    }

    /// Whether a key was written without a value.
    var isNull: Bool {
        guard case .scalar(let scalar) = content, !scalar.isQuoted else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
    }

    /// For messages: `a mapping`.
    var kind: String {
        switch content {
        case .scalar: "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// One step of a YAML document, as libyaml's parser reports it.
struct YAMLEvent {
    enum Kind {
        case documentStart, documentEnd, streamEnd
        case alias
        case scalar(YAMLNode.Scalar)
        case sequenceStart, sequenceEnd
        case mappingStart, mappingEnd
        /// What tells nothing about the content.
        case other
    }

    var kind: Kind
    var hasAnchor = false
    var hasTag = false
    var start: SourcePosition
    var end: SourcePosition
}

/// Why libyaml could not go on.
struct YAMLSyntaxError: Error {
    /// `did not find expected key`
    var problem: String
    var position: SourcePosition
    /// `while parsing a block mapping`
    var context: String?
    var contextPosition: SourcePosition?
}
