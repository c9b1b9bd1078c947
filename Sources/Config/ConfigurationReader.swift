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
        let source = SourceText(bytes)
        let diagnostics = DiagnosticCollector()
        var configuration: Configuration?
        if source.check(diagnostics), let root = YAMLComposer.compose(source, diagnostics) {
            let reader = ConfigurationReader(
                source: source, folder: folder, context: context, diagnostics: diagnostics,
                size: RequestSize(diagnostics))
            configuration = reader.configuration(root)
        }
        guard let configuration, diagnostics.isEmpty else {
            throw ConfigurationError(file: file, source: source, found: diagnostics)
        }
        return configuration
    }

    /// Reads the configuration file at `path`; relative paths in it start from its folder.
    package static func load(
        path: String, context: ConfigurationContext = .system
    ) throws(ConfigurationError) -> Configuration {
        switch context.readFile(path) {
        case .success(let bytes):
            return try parse(
                bytes, file: path, folder: SystemFile.folder(of: path), context: context)
        case .failure(let failure):
            throw ConfigurationError(file: path, message: "cannot be read: \(failure.reason)")
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

    /// - Returns: nil when there is nothing to read; the configuration counts only while no mistake
    /// was reported.
    func configuration(_ root: YAMLNode) -> Configuration? {
        let file = Field(name: "the file", position: root.start, node: root)
        guard var top = MappingReader(file, diagnostics) else { return nil }
        var configuration = Configuration()
        if let field = top.field("server") { configuration.server = server(field) }
        let count = ScalarKind<Int>.integer(Ranges.workers).map(WorkerCount.exactly)
        configuration.workers = top.optional("workers", .automatic, count.or(["auto": .automatic]))
        if let field = top.required("loads", example: "loads: [{name: …, …}]") {
            configuration.loads = loads(field)
        }
        top.finish()
        return configuration
    }

    private func server(_ field: Field) -> ServerSettings {
        var settings = ServerSettings()
        guard var server = MappingReader(field, diagnostics) else { return settings }
        if let listen = server.optional("listen", .listenAddress) {
            settings.host = listen.host
            settings.port = listen.port
        }
        settings.drain = server.optional("drain", settings.drain, .duration(Ranges.drain))
        settings.linger = server.optional("linger", settings.linger, .duration(Ranges.linger))
        server.finish()
        return settings
    }

    private func loads(_ field: Field) -> [LoadSettings] {
        guard let items = diagnostics.items(of: field) else { return [] }
        guard (1...Ranges.loadCountMax).contains(items.count) else {
            diagnostics.report(
                at: field.position,
                "loads: \(items.count) loads, but 1 to \(Ranges.loadCountMax) are possible",
                hint: nil)
            return []
        }
        var lineOfName: [String: Int] = [:]
        return items.compactMap { item in
            guard var reader = MappingReader(item, diagnostics) else { return nil }
            return LoadReader(self).load(&reader, lineOfName: &lineOfName)
        }
    }
}
