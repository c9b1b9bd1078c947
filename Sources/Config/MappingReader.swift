/// A named value of the file: `timeout: 2s`, or the second item of `buckets`.
struct Field {
    /// As messages say it: `timeout`, `buckets[1]`.
    let name: String
    /// Of the key, or of the item.
    let position: SourcePosition
    let node: YAMLNode
}

/// Reads one mapping key by key. Whatever is wrong is reported and reading goes on with a default,
/// so that every mistake is found in one pass; `finish` reports the keys that nobody asked for.
struct MappingReader {
    let position: SourcePosition
    let diagnostics: DiagnosticCollector
    /// Where people often write one value instead.
    private static let example = [
        "expect": "write `expect: {status: 200}`", "tls": "write `tls: {verify: false}`",
    ]
    private let name: String
    private let entries: [YAMLNode.Entry]
    private let indexOfKey: [String: Int]
    private var known: [String] = []

    /// - Returns: nil, reported, when the value is not a mapping.
    init?(_ field: Field, _ diagnostics: DiagnosticCollector) {
        guard case .mapping(let entries) = field.node.content else {
            diagnostics.report(
                at: field.node.start,
                "\(field.name): expected a mapping of keys, found \(field.node.kind)",
                hint: Self.example[field.name]
                    ?? "write `key: value` lines below it, indented by two spaces")
            return nil
        }
        name = field.name
        self.entries = entries
        self.diagnostics = diagnostics
        position = field.node.start
        indexOfKey = Dictionary(
            entries.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The entry of a node, if that is a mapping with such a key.
    static func entry(_ key: String, of node: YAMLNode) -> YAMLNode.Entry? {
        guard case .mapping(let entries) = node.content else { return nil }
        return entries.first { $0.key == key }
    }

    /// Where a key stands; nil when it does not.
    func position(of key: String) -> SourcePosition? {
        indexOfKey[key].map { entries[$0].position }
    }

    /// Whether a key comes from `defaults`.
    func isShared(_ key: String) -> Bool { indexOfKey[key].map { entries[$0].isShared } ?? false }

    func node(of key: String) -> YAMLNode? { indexOfKey[key].map { entries[$0].value } }

    /// - Returns: nil when the key is absent, or, reported, when it has no value.
    mutating func field(_ key: String) -> Field? {
        known.append(key)
        guard let index = indexOfKey[key] else { return nil }
        let entry = entries[index]
        guard !entry.value.isNull else {
            diagnostics.report(
                at: entry.position, "\(key): has no value",
                hint: "write one, or remove the key to get its default")
            return nil
        }
        return Field(name: key, position: entry.position, node: entry.value)
    }

    /// All keys, for a mapping whose keys are the user's own.
    mutating func allFields() -> [Field] { entries.map(\.key).compactMap { field($0) } }

    /// - Returns: nil, reported, when the key is absent.
    mutating func required(_ key: String, example: String) -> Field? {
        if position(of: key) == nil {
            diagnostics.report(
                at: position, "\(key): is missing", hint: "add it, for example `\(example)`")
        }
        return field(key)
    }

    func finish() {
        for entry in entries where !known.contains(entry.key) {
            diagnostics.report(
                at: entry.position, "unknown key \(quoted(entry.key))",
                hint: KeyHint.forUnknown(entry.key, under: name, known: known))
        }
    }
}

extension DiagnosticCollector {
    /// - Returns: nil, reported, when the value is not a scalar of that kind.
    func read<Value>(_ field: Field, _ kind: ScalarKind<Value>) -> Value? {
        guard case .scalar(let scalar) = field.node.content else {
            report(
                at: field.node.start,
                "\(field.name): expected a single value, found \(field.node.kind)", hint: nil)
            return nil
        }
        do {
            return try kind.read(scalar)
        } catch {
            report(at: field.node.start, "\(field.name): \(error.message)", hint: error.hint)
            return nil
        }
    }

    /// The items of a list that have a value, each named after the list.
    /// - Returns: nil, reported, when the value is not a list.
    func items(of field: Field) -> [Field]? {
        guard case .sequence(let items) = field.node.content else {
            report(
                at: field.node.start,
                "\(field.name): expected a list, found \(field.node.kind)",
                hint: "start each of its items with `- `")
            return nil
        }
        return items.enumerated().compactMap { index, item in
            let name = "\(field.name)[\(index)]"
            guard !item.isNull else {
                report(at: item.start, "\(name): has no value", hint: "remove the empty item")
                return nil
            }
            return Field(name: name, position: item.start, node: item)
        }
    }
}
