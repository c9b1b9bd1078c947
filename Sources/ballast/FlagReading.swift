import ArgumentParser
import Config

/// Reads a flag's value, so that a mistake is one line that names the flag and the remedy.
func flag<Value>(
    _ name: String, _ text: String, _ parse: (String) throws(InvalidValue) -> Value
) throws -> Value {
    do throws(InvalidValue) {
        return try parse(text)
    } catch {
        throw ValidationError("\(name): \(error.text)")
    }
}

func flag<Value>(
    _ name: String, _ text: String?, _ parse: (String) throws(InvalidValue) -> Value
) throws -> Value? {
    guard let text else { return nil }
    let value: Value = try flag(name, text, parse)
    return value
}

extension InvalidValue {
    /// Message and hint on one line.
    var text: String { hint.map { "\(message) (\($0))" } ?? message }
}

enum Environment {
    static func value(_ name: String) -> String? {
        ConfigurationContext.system.environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// What somebody meant who wrote a flag or a command that does not exist. No guess is better than a wrong one.
enum CommandHint {
    /// What other tools call them.
    private static let flags: [String: String] = [
        "--qps": "--rate", "--rps": "--rate", "--requests-per-second": "--rate",
        "--duration": "--for", "--time": "--for", "--length": "--for",
        "--concurrency": "--connections", "--clients": "--connections", "--vus": "--connections",
        "--users": "--connections", "--conns": "--connections", "--conn": "--connections",
        "--threads": "--workers", "--cpus": "--workers",
        "--count": "--requests", "--number": "--requests", "--iterations": "--requests",
        "--data": "--body", "--body-file": "--body", "--request": "--method", "--verb": "--method",
        "--skip-verify": "--insecure", "--insecure-skip-tls-verify": "--insecure",
        "--no-verify": "--insecure", "--http2": "--http", "--http-version": "--http",
        "--json": "--output", "--format": "--output", "--port": "--listen", "--bind": "--listen",
        "--address": "--listen", "--max-time": "--timeout", "--fail": "--threshold",
        "--slo": "--threshold", "--assert": "--threshold", "--status": "--expect-status",
        "--expect": "--expect-status", "--poisson": "--arrivals", "--distribution": "--arrivals",
        "--no-secret": "--no-secrets", "--offline": "--no-secrets", "--colour": "--no-color",
        "--verbose": "--log-level", "--debug": "--log-level",
        "-v": "--version", "-V": "--version", "-X": "--method", "-o": "--output",
        "-D": "--body", "-T": "--header", "-R": "--rate", "-s": "--timeout", "-l": "--rate",
        "-duration": "--for", "-rate": "--rate", "-connections": "--connections",
        "-workers": "--workers", "-timeout": "--timeout", "-body": "--body",
    ]
    private static let commands: [String: String] = [
        "start": "run", "serve": "run", "server": "run", "validate": "check", "lint": "check",
        "verify": "check", "plan": "check", "bench": "hit", "benchmark": "hit", "test": "hit",
        "attack": "hit", "load": "hit", "health": "healthcheck", "ready": "healthcheck",
        "example": "demo", "try": "demo",
    ]

    /// The parser's message, with our own guess in the place of its.
    /// - Parameters:
    ///   - known: the long flags of the command.
    ///   - names: the commands.
    static func better(_ message: String, known: [String], names: [String]) -> String {
        if let word = quotedWord(in: message, after: "Unknown option '") {
            let name = String(word.prefix { $0 != "=" })
            let meant = flags[name].flatMap { known.contains($0) ? $0 : nil } ?? near(name, known)
            return "Unknown option '\(name)'." + (meant.map { " Did you mean '\($0)'?" } ?? "")
        }
        let unexpected = ["Unexpected argument '", "unexpected arguments: '"]
        let words = unexpected.compactMap { quotedWord(in: message, after: $0) }
        if let word = words.first, names.count > 1 {
            let meant = commands[word] ?? near(word, names) ?? command(taking: word)
            return "There is no command '\(word)'." + (meant.map { " Did you mean '\($0)'?" } ?? "")
        }
        return message
    }

    /// What to do with an argument that is no command.
    private static func command(taking word: String) -> String? {
        if word.contains("://") { return "hit \(word)" }
        return word.hasSuffix(".yaml") || word.hasSuffix(".yml") ? "run \(word)" : nil
    }

    private static func near(_ word: String, _ candidates: [String]) -> String? {
        word.drop { $0 == "-" }.count < 4 ? nil : closest(to: word, among: candidates)
    }

    private static func quotedWord(in message: String, after start: String) -> String? {
        guard let place = message.firstRange(of: start) else { return nil }
        return String(message[place.upperBound...].prefix { $0 != "'" })
    }
}
