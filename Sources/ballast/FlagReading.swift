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
