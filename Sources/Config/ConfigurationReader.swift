extension Configuration {
    /// Reads a configuration and checks everything that can be checked before a request is sent,
    /// secrets and files included.
    /// - Parameters:
    ///   - file: for messages.
    ///   - folder: where relative paths start; empty for the working folder.
    /// - Throws: every mistake found, up to 20.
    package static func parse(
        _ bytes: [UInt8], file: String, folder: String = "",
        context: ConfigurationContext = .system
    ) throws(ConfigurationError) -> Configuration {
        try ConfigurationReader.read(bytes, file, folder, context) { $0.configuration($1) }
    }

    /// Reads the configuration file at `path`; relative paths in it start from its folder.
    package static func load(
        path: String, context: ConfigurationContext = .system
    ) throws(ConfigurationError) -> Configuration {
        try parse(
            try ConfigurationReader.bytes(of: path, context), file: path,
            folder: SystemFile.folder(of: path), context: context)
    }
}

extension ServerSettings {
    /// Reads the key `server` of a configuration file, and looks at nothing else in it.
    package static func load(
        path: String, context: ConfigurationContext = .system
    ) throws(ConfigurationError) -> ServerSettings {
        let bytes = try ConfigurationReader.bytes(of: path, context)
        return try ConfigurationReader.read(bytes, path, "", context) { reader, root in
            guard let entry = MappingReader.entry("server", of: root) else { return Self() }
            let field = Field(name: "server", position: entry.position, node: entry.value)
            return Self(field, reader)
        }
    }
}

/// Turns the nodes of one file into a `Configuration`, reporting whatever is wrong on the way.
struct ConfigurationReader {
    let source: SourceText
    let folder: String
    let context: ConfigurationContext
    let diagnostics: DiagnosticCollector
    let size: RequestSize

    /// - Parameter body: makes something of the root; it counts only while no mistake was reported.
    static func read<Value>(
        _ bytes: [UInt8], _ file: String, _ folder: String, _ context: ConfigurationContext,
        _ body: (ConfigurationReader, YAMLNode) -> Value
    ) throws(ConfigurationError) -> Value {
        let source = SourceText(bytes)
        let diagnostics = DiagnosticCollector()
        var value: Value?
        if source.check(diagnostics), let root = YAMLComposer.compose(source, diagnostics) {
            let reader = ConfigurationReader(
                source: source, folder: folder, context: context, diagnostics: diagnostics,
                size: RequestSize(diagnostics))
            value = body(reader, root)
        }
        guard let value, diagnostics.isEmpty else {
            throw ConfigurationError(file: file, source: source, found: diagnostics)
        }
        return value
    }

    static func bytes(
        of path: String, _ context: ConfigurationContext
    ) throws(ConfigurationError) -> [UInt8] {
        switch context.readFile(path) {
        case .success(let bytes): return bytes
        case .failure(let failure):
            throw ConfigurationError(file: path, message: "cannot be read: \(failure.reason)")
        }
    }

    func configuration(_ root: YAMLNode) -> Configuration {
        let merged = Defaults(diagnostics).merged(root)
        return Configuration(Field(name: "the file", position: root.start, node: merged), self)
    }

    func loads(_ field: Field) -> [LoadSettings] {
        guard let items = diagnostics.items(of: field), case .sequence(let all) = field.node.content
        else { return [] }
        guard (1...Ranges.loadCountMax).contains(all.count) else {
            diagnostics.report(
                at: field.position,
                "loads: \(all.count) loads, but 1 to \(Ranges.loadCountMax) are possible",
                hint: nil)
            return []
        }
        var lineOfName: [String: Int] = [:]
        return items.map { item in
            let load = LoadSettings(item, self)
            if let name = MappingReader.entry("name", of: item.node), !load.name.isEmpty {
                checkName(load.name, name, &lineOfName)
            }
            return load
        }
    }

    private func checkName(
        _ name: String, _ entry: YAMLNode.Entry, _ lineOfName: inout [String: Int]
    ) {
        if let line = lineOfName[name] {
            diagnostics.report(
                at: entry.value.start,
                "name: \(quoted(name)) is already the name of another load",
                hint: "the other one is on line \(line); names tell loads apart on /metrics")
        }
        lineOfName[name] = lineOfName[name] ?? entry.position.line
    }
}
