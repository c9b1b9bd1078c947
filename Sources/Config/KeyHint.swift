/// What to do about a key that a mapping does not have.
enum KeyHint {
    /// What other tools have and Ballast has not, or has somewhere else than in the file.
    private static let advice: [String: String] = [
        "duration": "a load runs until it is stopped; `ballast run --for 30s` ends it",
        "requests": "`request:` says what is sent; `ballast hit --requests 100` counts them",
        "stages": "a load has one `rate`; several loads have several",
        "ramp": "a load has one `rate`; several loads have several",
        "keep_alive": "connections are always kept; ending them on purpose is not there yet",
        "keepalive": "connections are always kept; ending them on purpose is not there yet",
        "iterations": "a load runs until it is stopped; `ballast hit --requests 100` counts them",
        "insecure": "write `verify: false` under `tls:`",
        "insecure_skip_verify": "write `verify: false` under `tls:`",
        "skip_verify": "write `verify: false` under `tls:`",
        "tls_verify": "it is `verify` under `tls:`",
        "protocol": "`http` is the version of HTTP, the scheme of `target` says whether it is TLS",
        "<<": "what loads share stands under `defaults:`",
        "apiversion": "this is a Kubernetes object: check the text under its `ballast.yaml`",
    ]
    /// The same, where the key above it decides.
    private static let adviceUnder: [String: [String: String]] = [
        "expect": ["body": "the status alone decides; the content of an answer is not looked at"],
        "request": ["host": "write it as `host` under `headers:`"],
        "loads": ["port": "it is a part of `target`", "bind": "it is a part of `target`"],
    ]

    /// - Parameters:
    ///   - home: the key above it.
    ///   - known: the keys that are known in this place.
    static func forUnknown(_ key: String, under home: String, known: [String]) -> String {
        let rows = KeyRow.all
        let place = home.prefix { $0 != "[" }
        if let text = adviceUnder[String(place)]?[key] { return text }
        let word = key.lowercased().replacing("-", with: "_")
        if let text = advice[word] { return text }
        let homes = rows.filter { $0.name == key }
        if !homes.isEmpty {
            return "it belongs " + homes.map(\.place).joined(separator: " or ")
        }
        if let meant = meant(by: word, rows, known) { return meant }
        if let near = closest(to: key, among: known) { return "did you mean `\(near)`?" }
        if let near = closest(to: key, among: rows.map(\.name)),
            let row = rows.first(where: { $0.name == near })
        {
            return "did you mean `\(near)` \(ofOrUnder(row))?"
        }
        return "known here: \(known.joined(separator: ", "))"
    }

    /// A key under the name that another tool, or an earlier version, has for it.
    private static func meant(
        by word: String, _ rows: [KeyRow], _ known: [String]
    ) -> String? {
        let rows = rows.filter { $0.name == word || $0.synonyms.contains(word) }
        guard let row = rows.first(where: { known.contains($0.name) }) ?? rows.first else {
            return nil
        }
        let isHere = known.contains(row.name)
        let place = isHere ? "" : " \(ofOrUnder(row))"
        return "it is called `\(row.name)`\(place)"
    }

    private static func ofOrUnder(_ row: KeyRow) -> String {
        row.home.contains(" ") ? "of \(row.home)" : "under `\(row.home):`"
    }
}
