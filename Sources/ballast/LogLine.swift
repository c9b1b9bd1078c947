import JSON

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
        let milliseconds = wall / 1_000_000
        let seconds = milliseconds / 1_000
        let (year, month, day) = date(daysSince1970: seconds / 86_400)
        let clock = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
            + "T\(clock.joined(separator: ":")).\(padded(milliseconds % 1_000, 3))Z"
    }

    /// Counts in years that begin in March, so that the leap day comes last.
    private static func date(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // 1 March of year 0 lies 719 468 days before 1970; 400 years have 146 097 days.
        let days = daysSince1970 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
