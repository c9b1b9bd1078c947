// The keys of the file and of `server`.

extension Configuration: KeyedSection {
    static var keys: [Key<Self>] {
        [
            Key("server", \.server),
            Key("workers", \.workers, .workerCount, synonyms: ["threads"]),
            Key(
                name: "defaults", type: "mapping", fallback: "none", read: { _, _, _ in },
                write: { _, _ in }),
            Key(
                name: "loads", type: "list of 1 to \(Ranges.loadCountMax) loads",
                fallback: "required", example: "loads: [{name: …, …}]", synonyms: ["targets"],
                below: LoadSettings.rows(home: "a load"),
                read: { $1.loads = $2.loads($0) },
                write: { file, yaml in
                    yaml.list("loads", file.loads) { item, load in load.write(&item) }
                }),
        ]
    }

    /// The configuration with every default filled in, as YAML that can be read again. References
    /// stay references, and what may be a secret is `****`: literal values of headers whose names
    /// say so, and a proxy's user.
    package var maskedYAML: String {
        var yaml = YAMLWriter()
        write(&yaml)
        return yaml.text
    }
}

extension ScalarKind where Value == WorkerCount {
    static var workerCount: ScalarKind {
        ScalarKind<Int>.integer(Ranges.workers).or(
            "auto", .automatic, else: WorkerCount.exactly,
            unwrap: { if case .exactly(let count) = $0 { count } else { nil } })
    }
}

extension ServerSettings: KeyedSection {
    static var keys: [Key<Self>] {
        [
            Key("listen", \.listen, .listenAddress, synonyms: ["port", "address", "bind"]),
            Key(
                "drain", \.drain, .duration(Ranges.drain),
                synonyms: ["grace_period", "shutdown_timeout"]),
            Key("linger", \.linger, .duration(Ranges.linger)),
        ]
    }
}
