// The keys of `request`. Every template is filled in once to see that it can be; the values are forgotten again.

extension RequestSettings: KeyedSection {
    static var keys: [Key<Self>] {
        [
            Key(
                "method", \.method, .text(checking: HeaderRules.parseMethod), synonyms: ["verb"]),
            Key(
                name: "path", type: "template", fallback: "empty", synonyms: ["uri", "query"],
                read: { $1.path = $2.template($0, .path) ?? Template("") },
                write: { request, yaml in
                    guard !request.path.parts.isEmpty else { return }
                    yaml.text("path", TemplateText.source(request.path))
                }),
            Key(
                name: "headers", type: "mapping of names to templates", fallback: "none",
                synonyms: ["header"],
                read: { $1.headers = $2.headers($0) },
                write: { request, yaml in
                    guard !request.headers.isEmpty else { return }
                    yaml.mapping("headers") { yaml in
                        for header in request.headers {
                            yaml.text(header.name, TemplateText.source(Masking.value(of: header)))
                        }
                    }
                }),
            Key(
                name: "body", type: "template", fallback: "none", synonyms: ["data", "payload"],
                read: { $1.body = $2.template($0, .body).map(Body.inline) },
                write: { request, yaml in
                    guard case .inline(let template) = request.body else { return }
                    yaml.text("body", TemplateText.source(template))
                }),
            Key(
                name: "body_file", type: "path", fallback: "none",
                read: { field, request, reader in
                    if let path = reader.bodyFile(field) { request.body = .file(path) }
                },
                write: { request, yaml in
                    if case .file(let path) = request.body { yaml.text("body_file", path) }
                }),
        ]
    }

    func check(_ keys: MappingReader) {
        guard let position = keys.position(of: "body_file"), keys.position(of: "body") != nil
        else { return }
        keys.diagnostics.report(
            at: position, "body_file: a request has one body, and `body` is set too",
            hint: keys.isShared("body") || keys.isShared("body_file")
                ? "in this load, set the one of `defaults` to `null`" : "remove one of them")
    }
}

extension ConfigurationReader {
    fileprivate func bodyFile(_ field: Field) -> String? {
        guard size.hasRoom else { return nil }
        return readablePath(field, use: { size.add($0.count, at: field) })
    }

    fileprivate func headers(_ field: Field) -> [RequestSettings.Header] {
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

    fileprivate func template(_ field: Field, _ place: RequestPlace) -> Template? {
        guard let text = diagnostics.read(field, .text()) else { return nil }
        do {
            let (parsed, references) = try TemplateText.parse(text)
            var template = resolvingPaths(parsed)
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
        var (template, context) = (template, context)
        if let unread = context.unread, template.parts.contains(where: \.isReference) {
            template.unnamed.forEach(unread)
            context = .standIns
            // What is written around the references has to fit all the same.
            if place == .path, template.parts[0].isReference { template.parts[0] = .text("/") }
        }
        guard size.hasRoom else { return }
        do throws(Template.Failure) {
            size.add(try template.filled(for: place, context).count, at: field)
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
            source.position(ofReference: $0, from: node.start, to: node.end)
        }
        return reference ?? node.start
    }
}

extension Template {
    /// Its references, as they are written.
    var unnamed: [String] {
        parts.filter(\.isReference).map { TemplateText.source(Template(parts: [$0])) }
    }
}

extension Template.Part {
    var isReference: Bool { if case .text = self { false } else { true } }
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
