/// Reads `request`, filling every template in once to see that it can be; the values are forgotten
/// again.
struct RequestReader {
    let reader: ConfigurationReader
    var diagnostics: DiagnosticCollector { reader.diagnostics }

    init(_ reader: ConfigurationReader) { self.reader = reader }

    func request(_ field: Field) -> RequestSettings {
        var request = RequestSettings()
        guard var keys = MappingReader(field, diagnostics) else { return request }
        request.method = keys.optional(
            "method", request.method, ScalarKind(parsing: HeaderRules.parseMethod))
        if let field = keys.field("path") { request.path = template(field, .path) ?? Template("") }
        if let field = keys.field("headers") { request.headers = headers(field) }
        if let field = keys.field("body") {
            request.body = template(field, .body).map(RequestSettings.Body.inline)
        }
        if let field = keys.field("body_file"), reader.size.hasRoom,
            let path = reader.readablePath(field, use: { reader.size.add($0.count, at: field) })
        {
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
            if let value = template(field, .header(field.name)) {
                headers.append(.init(field.name, value))
            }
        }
        return headers
    }

    private func template(_ field: Field, _ place: RequestPlace) -> Template? {
        guard let text = diagnostics.read(field, ScalarKind(parsing: { $0 })) else { return nil }
        do {
            let (parsed, references) = try TemplateText.parse(text)
            var template = reader.resolvingPaths(parsed)
            if place == .path { template = try Self.encoded(template) }
            try fill(template, references.map(\.ordinal), place, field)
            return template
        } catch {
            diagnostics.report(
                at: self.place(of: error, in: field.node), "\(field.name): \(error.message)",
                hint: error.hint)
            return nil
        }
    }

    /// Written text of a path is encoded here, so that every page shows what is sent; values of
    /// references are never altered.
    private static func encoded(_ template: Template) throws(InvalidValue) -> Template {
        var template = template
        for (index, part) in template.parts.enumerated() {
            if case .text(let text) = part {
                template.parts[index] = .text(try URLText.path(text))
            }
        }
        return template
    }

    /// - Parameter ordinals: which `${` of the text each reference is.
    private func fill(
        _ template: Template, _ ordinals: [Int], _ place: RequestPlace, _ field: Field
    ) throws(InvalidValue) {
        guard reader.size.hasRoom else { return }
        do throws(Template.Failure) {
            reader.size.add(try template.filled(for: place, reader.context).count, at: field)
        } catch {
            let reference = error.part.flatMap { part in
                template.parts[part].isReference
                    ? ordinals[template.parts[..<part].filter(\.isReference).count] : nil
            }
            throw InvalidValue(error.reason, hint: error.hint, reference: reference)
        }
    }

    private func place(of error: InvalidValue, in node: YAMLNode) -> SourcePosition {
        let reference = error.reference.flatMap {
            reader.source.position(ofReference: $0, from: node.start, to: node.end)
        }
        return reference ?? node.start
    }
}

extension Template.Part {
    fileprivate var isReference: Bool { if case .text = self { false } else { true } }
}

/// The bytes of all requests together, which all lie in memory while loads run.
final class RequestSize {
    private let diagnostics: DiagnosticCollector
    private var count = 0

    init(_ diagnostics: DiagnosticCollector) { self.diagnostics = diagnostics }

    /// Once there is none, nothing more is read.
    var hasRoom: Bool { count <= Ranges.requestBytesMax }

    func add(_ more: Int, at field: Field) {
        count += more
        guard !hasRoom else { return }
        diagnostics.report(
            at: field.node.start,
            "\(field.name): with this one, all requests together are larger than "
                + SizeText.exact(Ranges.requestBytesMax),
            hint: "spread the loads over several instances, or send less")
    }
}
