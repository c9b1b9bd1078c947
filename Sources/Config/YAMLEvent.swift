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
