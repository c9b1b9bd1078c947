/// One key of a mapping of the file, said once: it is read, shown on `/config`, hinted at and documented from here.
struct Key<Section> {
    let name: String
    let type: String
    var range = ""
    /// What the file would say instead of leaving it out, `none` or `required`.
    let fallback: String
    /// A line that has it, where it must be there.
    var example: String?
    /// What it was called before, and what other tools call it.
    var synonyms: [String] = []
    /// The keys below it.
    var below: [KeyRow] = []
    let read: (Field, inout Section, ConfigurationReader) -> Void
    let write: (Section, inout YAMLWriter) -> Void
}

/// A mapping of the file whose keys are ours.
protocol KeyedSection {
    /// With every default, and with stand-ins for what must be given.
    init()
    /// In the order in which they are shown; each is read behind those before it.
    static var keys: [Key<Self>] { get }
    /// What the keys ask of each other.
    /// - Parameter keys: tells where each of them stands.
    func check(_ keys: MappingReader)
}

extension KeyedSection {
    func check(_ keys: MappingReader) {}

    /// Reads a mapping key by key. Whatever is wrong is reported and leaves the default in place, so that every mistake
    /// is found in one pass.
    init(_ field: Field, _ reader: ConfigurationReader) {
        self.init()
        guard var mapping = MappingReader(field, reader.diagnostics) else { return }
        for key in Self.keys {
            let value =
                key.example.map { mapping.required(key.name, example: $0) }
                ?? mapping.field(key.name)
            if let value { key.read(value, &self, reader) }
        }
        mapping.finish()
        check(mapping)
    }

    func write(_ yaml: inout YAMLWriter) { for key in Self.keys { key.write(self, &yaml) } }

    /// - Parameter home: where these keys live, in words.
    static func rows(home: String) -> [KeyRow] {
        keys.flatMap { key in
            let row = KeyRow(
                home: home, name: key.name, type: key.type, range: key.range,
                fallback: key.fallback, synonyms: key.synonyms)
            return [row] + key.below
        }
    }
}

/// What there is to say about a key without its value.
struct KeyRow {
    /// The key above it, or `a load`, `the top level`.
    let home: String
    let name: String
    let type: String
    let range: String
    let fallback: String
    let synonyms: [String]

    /// All keys of a file.
    static var all: [KeyRow] { Configuration.rows(home: "the top level") }

    /// Where it belongs, for a message.
    var place: String { home.contains(" ") ? "to \(home)" : "under `\(home):`" }
}

// MARK: How keys are declared

extension Key where Section: KeyedSection {
    /// - Parameter isShown: whether it means anything beside the other keys.
    init<Value>(
        _ name: String, _ path: WritableKeyPath<Section, Value>, _ kind: ScalarKind<Value>,
        example: String? = nil, synonyms: [String] = [],
        isShown: @escaping (Section) -> Bool = { _ in true }
    ) {
        self.init(
            name: name, type: kind.type, range: kind.range,
            fallback: example == nil ? kind.write(Section()[keyPath: path]) : "required",
            example: example, synonyms: synonyms,
            read: { field, section, reader in
                reader.diagnostics.read(field, kind).map { section[keyPath: path] = $0 }
            },
            write: { section, yaml in
                guard isShown(section) else { return }
                yaml.value(name, kind.write(section[keyPath: path]), isText: kind.isText)
            })
    }

    /// A key without a default.
    init<Value>(
        _ name: String, _ path: WritableKeyPath<Section, Value?>, _ kind: ScalarKind<Value>,
        fallback: String = "none", synonyms: [String] = [],
        masking mask: @escaping (Value) -> Value = { $0 }
    ) {
        self.init(
            name: name, type: kind.type, range: kind.range, fallback: fallback,
            synonyms: synonyms,
            read: { field, section, reader in
                reader.diagnostics.read(field, kind).map { section[keyPath: path] = $0 }
            },
            write: { section, yaml in
                guard let value = section[keyPath: path] else { return }
                yaml.value(name, kind.write(mask(value)), isText: kind.isText)
            })
    }

    /// A mapping of keys of its own.
    init<Below: KeyedSection>(
        _ name: String, _ path: WritableKeyPath<Section, Below>, fallback: String = "see below",
        isShown: @escaping (Section) -> Bool = { _ in true }
    ) {
        self.init(
            name: name, type: "mapping", fallback: fallback, below: Below.rows(home: name),
            read: { field, section, reader in section[keyPath: path] = Below(field, reader) },
            write: { section, yaml in
                guard isShown(section) else { return }
                yaml.mapping(name) { section[keyPath: path].write(&$0) }
            })
    }
}
