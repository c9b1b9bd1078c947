import CYAML

/// Builds the tree of nodes of one document, and reports what this YAML does not have: aliases, anchors, tags,
/// duplicate keys, keys that are not text, further documents, nesting beyond `depthMax`.
struct YAMLComposer {
    static let depthMax = 64

    /// What is left of the document cannot be read; the reason has been reported.
    private struct Stop: Error {}

    private let events: YAMLEventSource
    private let diagnostics: DiagnosticCollector

    private init(events: YAMLEventSource, diagnostics: DiagnosticCollector) {
        self.events = events
        self.diagnostics = diagnostics
    }

    /// - Parameter source: text that has passed `SourceText.check`.
    /// - Returns: nil when there is no complete document, which has then been reported.
    static func compose(_ source: SourceText, _ diagnostics: DiagnosticCollector) -> YAMLNode? {
        let composer = YAMLComposer(
            events: YAMLEventSource(Array(source.text.utf8)), diagnostics: diagnostics)
        return try? composer.document()
    }

    private func document() throws(Stop) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let event = try next()
            switch event.kind {
            case .streamEnd:
                if root == nil { reportEmpty() }
                return root
            case .documentStart where root != nil:
                diagnostics.report(
                    at: event.start, "a second document starts here",
                    hint: "a configuration is one document: remove `---` and what follows")
                return root
            case .documentStart:
                root = try node(try next(), depth: 1)
            default:
                continue
            }
        }
    }

    private func reportEmpty() {
        diagnostics.report(
            at: SourcePosition(line: 1, column: 1), "the file is empty",
            hint: "a configuration needs at least `loads:` with one load")
    }

    private func node(_ event: YAMLEvent, depth: Int) throws(Stop) -> YAMLNode {
        try check(event, depth: depth)
        switch event.kind {
        case .scalar(let scalar):
            return YAMLNode(content: .scalar(scalar), start: event.start, end: event.end)
        case .sequenceStart:
            return try sequence(from: event.start, depth: depth)
        case .mappingStart:
            return try mapping(from: event.start, depth: depth)
        default:
            // An alias: reported, and read as a value that is missing.
            let nothing = YAMLNode.Scalar(text: "", isQuoted: true)
            return YAMLNode(content: .scalar(nothing), start: event.start, end: event.end)
        }
    }

    private func check(_ event: YAMLEvent, depth: Int) throws(Stop) {
        guard depth <= Self.depthMax else {
            diagnostics.report(
                at: event.start, "nested more than \(Self.depthMax) levels deep", hint: nil)
            throw Stop()
        }
        if case .alias = event.kind {
            diagnostics.report(
                at: event.start, "aliases are not supported",
                hint: "what loads share stands under `defaults:`")
        }
        if event.hasAnchor {
            diagnostics.report(
                at: event.start, "anchors are not supported",
                hint: "what loads share stands under `defaults:`")
        }
        if event.hasTag {
            diagnostics.report(
                at: event.start, "tags are not supported",
                hint: "remove `!tag`; a text that starts with `!` needs quotes")
        }
    }

    private func sequence(from start: SourcePosition, depth: Int) throws(Stop) -> YAMLNode {
        var items: [YAMLNode] = []
        while true {
            let event = try next()
            if case .sequenceEnd = event.kind {
                return YAMLNode(content: .sequence(items), start: start, end: event.end)
            }
            items.append(try node(event, depth: depth + 1))
        }
    }

    private func mapping(from start: SourcePosition, depth: Int) throws(Stop) -> YAMLNode {
        var entries: [YAMLNode.Entry] = []
        var lineOfKey: [String: Int] = [:]
        while true {
            let event = try next()
            if case .mappingEnd = event.kind {
                return YAMLNode(content: .mapping(entries), start: start, end: event.end)
            }
            let key = try node(event, depth: depth + 1)
            let value = try node(try next(), depth: depth + 1)
            guard case .scalar(let scalar) = key.content else {
                diagnostics.report(
                    at: key.start, "a key must be text, not \(key.kind)",
                    hint: "quote a value that holds `{` or `[`")
                continue
            }
            if let line = lineOfKey[scalar.text] {
                diagnostics.report(
                    at: key.start, "duplicate key \(quoted(scalar.text))",
                    hint: "it is already on line \(line): keep one of them")
                continue
            }
            lineOfKey[scalar.text] = key.start.line
            entries.append(.init(key: scalar.text, position: key.start, value: value))
        }
    }

    private func next() throws(Stop) -> YAMLEvent {
        do {
            return try events.next()
        } catch {
            report(error)
            throw Stop()
        }
    }

    private func report(_ error: YAMLSyntaxError) {
        var message = "not valid YAML: \(error.problem)"
        if let context = error.context {
            message += " \(context)"
            if let start = error.contextPosition, start != error.position {
                message += " that starts on line \(start.line)"
            }
        }
        diagnostics.report(at: error.position, message, hint: Self.hint(for: error))
    }

    private static func hint(for error: YAMLSyntaxError) -> String? {
        switch error.problem {
        case "found character that cannot start any token":
            "indent with spaces, not tabs; a text that starts with `@` or `%` needs quotes"
        case "mapping values are not allowed in this context":
            "check the indentation; a text with `: ` in it needs quotes"
        case "could not find expected ':'":
            "write `key: value`, with a space behind the colon"
        case "did not find expected key", "did not find expected '-' indicator":
            "keys and list items of one level start in the same column"
        default: nil
        }
    }
}

/// Draws events from libyaml. The parser points into itself and into the text, so both stay where
/// they are until the source is gone.
@safe private final class YAMLEventSource {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) {
        unsafe parser = .allocate(capacity: 1)
        unsafe text = .allocate(capacity: bytes.count + 1)
        _ = unsafe text.initialize(from: bytes + [0])
        guard unsafe yaml_parser_initialize(parser) == 1 else { fatalError("out of memory") }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, text.baseAddress, bytes.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe text.deallocate()
    }

    /// Not to be called again once it has thrown.
    func next() throws(YAMLSyntaxError) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
        defer { unsafe yaml_event_delete(&event) }

        let start = unsafe Self.position(event.start_mark)
        let end = unsafe Self.position(event.end_mark)
        switch unsafe event.type {
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            return unsafe YAMLEvent(
                kind: .scalar(Self.scalar(scalar)), hasAnchor: scalar.anchor != nil,
                hasTag: scalar.tag != nil, start: start, end: end)
        case YAML_SEQUENCE_START_EVENT:
            let sequence = unsafe event.data.sequence_start
            return unsafe YAMLEvent(
                kind: .sequenceStart, hasAnchor: sequence.anchor != nil,
                hasTag: sequence.tag != nil, start: start, end: end)
        case YAML_MAPPING_START_EVENT:
            let mapping = unsafe event.data.mapping_start
            return unsafe YAMLEvent(
                kind: .mappingStart, hasAnchor: mapping.anchor != nil,
                hasTag: mapping.tag != nil, start: start, end: end)
        default:
            return unsafe YAMLEvent(kind: Self.plainKind(event.type), start: start, end: end)
        }
    }

    private static func plainKind(_ type: yaml_event_type_t) -> YAMLEvent.Kind {
        switch type {
        case YAML_STREAM_END_EVENT, YAML_NO_EVENT: .streamEnd
        case YAML_DOCUMENT_START_EVENT: .documentStart
        case YAML_DOCUMENT_END_EVENT: .documentEnd
        case YAML_ALIAS_EVENT: .alias
        case YAML_SEQUENCE_END_EVENT: .sequenceEnd
        case YAML_MAPPING_END_EVENT: .mappingEnd
        default: .other
        }
    }

    private static func scalar(
        _ scalar: yaml_event_t.__Unnamed_union_data.__Unnamed_struct_scalar
    ) -> YAMLNode.Scalar {
        let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        return unsafe YAMLNode.Scalar(
            text: String(decoding: bytes, as: UTF8.self),
            isQuoted: scalar.style != YAML_PLAIN_SCALAR_STYLE)
    }

    private func syntaxError() -> YAMLSyntaxError {
        let state = unsafe parser.pointee
        let problem = unsafe state.problem.map { unsafe String(cString: $0) }
        let context = unsafe state.context.map { unsafe String(cString: $0) }
        return unsafe YAMLSyntaxError(
            problem: problem ?? "out of memory", position: Self.position(state.problem_mark),
            context: context,
            contextPosition: context == nil ? nil : Self.position(state.context_mark))
    }

    private static func position(_ mark: yaml_mark_t) -> SourcePosition {
        SourcePosition(line: mark.line + 1, column: mark.column + 1)
    }
}
