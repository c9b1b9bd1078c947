extension ConfigurationReader {
    /// A path relative to the file's folder.
    /// - Returns: nil, reported, when the value is no path.
    func path(_ field: Field) -> String? {
        let kind = ScalarKind<String>.text("path") { (text) throws(InvalidValue) -> String in
            guard !text.isEmpty, !text.utf8.contains(0) else {
                throw InvalidValue("\(quoted(text)) is not a path")
            }
            return text
        }
        return diagnostics.read(field, kind).map { SystemFile.path($0, in: folder) }
    }

    /// - Parameter use: sees the file's bytes.
    /// - Returns: nil, reported, when the file cannot be read.
    func readablePath(
        _ field: Field, holding marker: String? = nil, use: ([UInt8]) -> Void = { _ in }
    ) -> String? {
        guard let path = path(field) else { return nil }
        if let unread = context.unread {
            unread(path)
            return path
        }
        switch context.readFile(path) {
        case .failure(let failure):
            diagnostics.report(
                at: field.node.start,
                "\(field.name): cannot read \(quoted(path)): \(failure.reason)", hint: nil)
            return nil
        case .success(let bytes):
            if let marker, !String(decoding: bytes, as: UTF8.self).contains(marker) {
                diagnostics.report(
                    at: field.node.start, "\(field.name): \(quoted(path)) is not a PEM file",
                    hint: "a PEM file has a line that starts with `\(marker)`")
                return nil
            }
            use(bytes)
            return path
        }
    }

    func resolvingPaths(_ template: Template) -> Template {
        Template(parts: template.parts.map(resolvingPath))
    }

    func resolvingPath(_ part: Template.Part) -> Template.Part {
        guard case .file(let path) = part else { return part }
        return .file(SystemFile.path(path, in: folder))
    }
}
