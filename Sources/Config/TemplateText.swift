/// The notation of `Template`: `${env:NAME}`, `${file:PATH}`, and `$${` for a literal `${`.
package enum TemplateText {
    /// A part, and which `${` of the text it was, counted from 0.
    package typealias Reference = (part: Template.Part, ordinal: Int)

    private static let forms =
        "`${env:NAME}` and `${file:/path}` exist; write `$${` for a literal `${`"

    package static func parse(
        _ text: String
    ) throws(InvalidValue) -> (template: Template, references: [Reference]) {
        var parts: [Template.Part] = []
        var references: [Reference] = []
        var literal = ""
        var rest = text[...]
        var ordinal = 0
        while let dollar = rest.firstIndex(of: "$") {
            literal += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                literal += "${"
                rest = rest.dropFirst(3)
                ordinal += 1
            } else if rest.hasPrefix("${") {
                if !literal.isEmpty { parts.append(.text(literal)) }
                literal = ""
                let (part, tail) = try reference(rest, ordinal)
                parts.append(part)
                references.append((part, ordinal))
                rest = tail
                ordinal += 1
            } else {
                literal += "$"
                rest = rest.dropFirst()
            }
        }
        literal += rest
        if !literal.isEmpty { parts.append(.text(literal)) }
        return (Template(parts: parts), references)
    }

    /// Reads the reference at the start of `text`.
    private static func reference(
        _ text: Substring, _ ordinal: Int
    ) throws(InvalidValue) -> (Template.Part, rest: Substring) {
        guard let close = text.firstIndex(of: "}") else {
            throw InvalidValue("`${` without its `}`", hint: forms, reference: ordinal)
        }
        let inner = text[..<close].dropFirst(2)
        let rest = text[text.index(after: close)...]
        if inner.hasPrefix("env:") {
            let name = inner.dropFirst(4)
            guard isVariableName(name) else {
                throw InvalidValue(
                    "\(quoted(name)) is not the name of an environment variable",
                    hint: "letters, digits and `_`, not starting with a digit",
                    reference: ordinal)
            }
            return (.environment(String(name)), rest)
        }
        if inner.hasPrefix("file:") {
            let path = inner.dropFirst(5)
            guard !path.isEmpty, !path.contains("${"), !path.utf8.contains(0) else {
                throw InvalidValue(
                    "\(quoted(path)) is not a path", hint: forms, reference: ordinal)
            }
            return (.file(String(path)), rest)
        }
        throw InvalidValue(
            "unknown reference \(quoted(text[...close]))", hint: forms, reference: ordinal)
    }

    private static func isVariableName(_ name: Substring) -> Bool {
        let bytes = name.utf8
        guard let first = bytes.first, !isDigit(first) else { return false }
        return bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    /// The text that `parse` reads as this template.
    package static func source(_ template: Template) -> String {
        template.parts.map { part in
            switch part {
            case .text(let text): text.replacing("${", with: "$${")
            case .environment(let name): "${env:\(name)}"
            case .file(let path): "${file:\(path)}"
            }
        }.joined()
    }
}

extension Template {
    /// The environment variables and files that it names, in order, each once.
    package var references: (environment: [String], files: [String]) {
        var environment: [String] = []
        var files: [String] = []
        for part in parts {
            switch part {
            case .text: continue
            case .environment(let name) where !environment.contains(name): environment.append(name)
            case .file(let path) where !files.contains(path): files.append(path)
            case .environment, .file: continue
            }
        }
        return (environment, files)
    }
}

extension LoadSettings {
    /// Every file that the request's bytes are made of; a change of any of them means rendering the
    /// request again. In order, each once.
    package var secretFiles: [String] {
        var templates = [request.path] + request.headers.map(\.value)
        var paths: [String] = []
        switch request.body {
        case .inline(let template): templates.append(template)
        case .file(let path): paths.append(path)
        case nil: break
        }
        var found: [String] = []
        for path in templates.flatMap(\.references.files) + paths where !found.contains(path) {
            found.append(path)
        }
        return found
    }
}
