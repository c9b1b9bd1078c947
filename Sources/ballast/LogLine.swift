import JSON
import Reactor

/// What one line of the log says.
struct LogLine: Equatable, Sendable {
    enum Format: String, Sendable, CaseIterable { case logfmt, json }

    var level: String
    var message: String
    /// In the order in which they are written.
    var fields: [(name: String, value: String)]

    static func == (a: LogLine, b: LogLine) -> Bool {
        a.level == b.level && a.message == b.message
            && a.fields.elementsEqual(b.fields) { $0 == $1 }
    }

    /// The line with its end.
    /// - Parameter wall: nanoseconds since 1970.
    func text(_ format: Format, wall: Int64) -> String {
        let time = Timestamp.text(wall)
        switch format {
        case .logfmt:
            let pairs = [("ts", time), ("level", level)] + fields.map { ($0.name, $0.value) }
            var words = pairs.map { "\($0.0)=\(Self.logfmt($0.1))" }
            words.insert("msg=\(Self.quoted(message))", at: 2)
            return words.joined(separator: " ") + "\n"
        case .json:
            var json = JSONWriter()
            json.object {
                $0.field("ts", time)
                $0.field("level", level)
                $0.field("msg", message)
                for field in fields { $0.field(field.name, field.value) }
            }
            return json.text + "\n"
        }
    }

    /// Bare where nothing in the value could be mistaken, else in quotes.
    private static func logfmt(_ value: String) -> String {
        let isPlain =
            !value.isEmpty
            && value.unicodeScalars.allSatisfy {
                $0.value > 0x20 && $0 != "\"" && $0 != "=" && $0 != "\\" && $0.value != 0x7F
            }
        return isPlain ? value : quoted(value)
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F {
                    out += scalar.escaped(asASCII: true)
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out + "\""
    }
}

/// RFC 3339 in UTC with milliseconds: `2026-03-01T09:30:00.250Z`.
enum Timestamp {
    /// - Parameter wall: nanoseconds since 1970, not negative.
    static func text(_ wall: Int64) -> String {
        let milliseconds = 1_000 + wall / 1_000_000 % 1_000
        return UTC.text(wall, format: "%Y-%m-%dT%H:%M:%S.") + "\(milliseconds)".dropFirst() + "Z"
    }
}
