/// Reads `request`, resolving every reference once to see that it can be resolved; the values are
/// forgotten again.
struct RequestReader {
    let reader: ConfigurationReader
    var diagnostics: DiagnosticCollector { reader.diagnostics }

    init(_ reader: ConfigurationReader) { self.reader = reader }

    func request(_ field: Field) -> RequestSettings {
        var request = RequestSettings()
        guard var keys = MappingReader(field, diagnostics) else { return request }
        request.method = keys.optional(
            "method", request.method, ScalarKind(parsing: HeaderRules.parseMethod))
        if let field = keys.field("path") { request.path = path(field) }
        if let field = keys.field("headers") { request.headers = headers(field) }
        if let field = keys.field("body") {
            request.body = template(field, check: { _ in }).map(RequestSettings.Body.inline)
        }
        if let field = keys.field("body_file"), let path = reader.readablePath(field) {
            request.body = .file(path)
        }
        if let position = keys.position(of: "body_file"), keys.position(of: "body") != nil {
            diagnostics.report(
                at: position, "body_file: a request has one body, and `body` is set too",
                hint: "remove one of them")
        }
        keys.finish()
        return request
    }

    private func path(_ field: Field) -> Template {
        let template = template(field) { text throws(InvalidValue) in
            try URLText.checkPath(text)
        }
        guard let template else { return Template("") }
        if let first = template.parts.first, case .text(let text) = first, !text.hasPrefix("/") {
            diagnostics.report(
                at: field.node.start, "path: \(quoted(text)) does not start with `/`",
                hint: "it is appended to the target's path")
        }
        if let first = template.parts.first, let value = reader.value(of: first),
            case .success(let bytes) = value, bytes.first != UInt8(ascii: "/")
        {
            diagnostics.report(
                at: field.node.start, "path: the first reference does not start with `/`",
                hint: "write the `/` before the reference")
        }
        return template
    }

    private func headers(_ field: Field) -> [RequestSettings.Header] {
        guard var keys = MappingReader(field, diagnostics) else { return [] }
        var lineOfName: [String: Int] = [:]
        var headers: [RequestSettings.Header] = []
        for field in keys.allFields() {
            do {
                try HeaderRules.checkName(field.name)
            } catch {
                diagnostics.report(
                    at: field.position, "headers: \(error.message)", hint: error.hint)
                continue
            }
            if let line = lineOfName[field.name.lowercased()] {
                diagnostics.report(
                    at: field.position, "headers: \(quoted(field.name)) is there already",
                    hint: "it is on line \(line); names of headers ignore case")
                continue
            }
            lineOfName[field.name.lowercased()] = field.position.line
            let value = template(field) { text throws(InvalidValue) in
                try HeaderRules.checkValue(text)
            }
            if let value { headers.append(.init(field.name, value)) }
        }
        return headers
    }

    /// - Parameter check: what the place asks of every part, written text and resolved values
    /// alike.
    private func template(
        _ field: Field, check: (String) throws(InvalidValue) -> Void
    ) -> Template? {
        guard let text = diagnostics.read(field, ScalarKind(parsing: { $0 })) else { return nil }
        do {
            let (parsed, references) = try TemplateText.parse(text)
            let template = reader.resolvingPaths(parsed)
            for case .text(let literal) in template.parts { try check(literal) }
            for (part, ordinal) in references {
                try resolve(reader.resolvingPath(part), ordinal, check)
            }
            return template
        } catch {
            diagnostics.report(
                at: place(of: error, in: field.node), "\(field.name): \(error.message)",
                hint: error.hint)
            return nil
        }
    }

    private func place(of error: InvalidValue, in node: YAMLNode) -> SourcePosition {
        let reference = error.reference.flatMap {
            reader.source.position(ofReference: $0, from: node.start, to: node.end)
        }
        return reference ?? node.start
    }

    private func resolve(
        _ part: Template.Part, _ ordinal: Int, _ check: (String) throws(InvalidValue) -> Void
    ) throws(InvalidValue) {
        switch reader.value(of: part) {
        case .success(let bytes)?:
            do {
                try check(String(decoding: bytes, as: UTF8.self))
            } catch {
                throw InvalidValue(
                    "the value of this reference does not fit: \(error.message)",
                    reference: ordinal)
            }
        case .failure(let failure)?:
            throw InvalidValue(failure.reason, hint: failure.hint, reference: ordinal)
        case nil: return
        }
    }
}
