/// Merges the key `defaults` of a file into each of its loads, before they are read: mappings key by key at every
/// depth, where the load's own value wins; lists and single values replace; `null` restores the built-in default. What
/// is wrong in them is reported where it stands.
struct Defaults {
    private let diagnostics: DiagnosticCollector

    init(_ diagnostics: DiagnosticCollector) { self.diagnostics = diagnostics }

    /// - Returns: the file's node with the loads as they are meant.
    func merged(_ root: YAMLNode) -> YAMLNode {
        guard case .mapping(var entries) = root.content,
            let defaults = MappingReader.entry("defaults", of: root)
        else { return root }
        // That it has no value is reported where it is read.
        if defaults.value.isNull { return root }
        guard case .mapping(let given) = defaults.value.content else {
            diagnostics.report(
                at: defaults.value.start,
                "defaults: expected a mapping of keys, found \(defaults.value.kind)",
                hint: "write the keys of a load below it, indented by two spaces")
            return root
        }
        if let name = given.first(where: { $0.key == "name" }) {
            diagnostics.report(
                at: name.position, "name: each load has a name of its own",
                hint: "remove it from `defaults`")
        }
        for index in entries.indices where entries[index].key == "loads" {
            guard case .sequence(let loads) = entries[index].value.content else { continue }
            let shared = given.filter { $0.key != "name" }
            entries[index].value.content = .sequence(loads.map { merged($0, into: shared) })
        }
        var root = root
        root.content = .mapping(entries)
        return root
    }

    private func merged(_ own: YAMLNode, into defaults: [YAMLNode.Entry]) -> YAMLNode {
        guard case .mapping(let entries) = own.content else { return own }
        let shared = defaults.filter { shared in !entries.contains { $0.names(shared) } }
            .map { entry in
                var entry = entry
                entry.isShared = true
                return entry
            }
        let written = entries.compactMap { entry -> YAMLNode.Entry? in
            guard let base = defaults.first(where: { $0.names(entry) }) else { return entry }
            if entry.value.isNull { return nil }
            guard case .mapping(let below) = base.value.content else { return entry }
            var entry = entry
            entry.value = merged(entry.value, into: below)
            return entry
        }
        var node = own
        node.content = .mapping(written + shared)
        return node
    }
}

extension YAMLNode.Entry {
    /// Names of headers ignore case, and no two of our keys differ in it.
    fileprivate func names(_ other: YAMLNode.Entry) -> Bool {
        key.lowercased() == other.key.lowercased()
    }
}
