/// The text of a configuration file, in lines as YAML counts them.
struct SourceText: Hashable, Sendable {
    static let byteCountMax = 1 << 20

    /// Without a byte order mark; bytes that are not UTF-8 are replaced, and `check` reports them.
    let text: String
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        text = String(decoding: self.bytes, as: UTF8.self)
    }

    /// Reports the first thing that makes this no text at all: its size, its encoding, a control
    /// character.
    /// - Returns: whether it is text.
    func check(_ diagnostics: DiagnosticCollector) -> Bool {
        guard bytes.count <= Self.byteCountMax else {
            diagnostics.report(
                at: SourcePosition(line: 1, column: 1),
                "the file is larger than \(SizeText.exact(Self.byteCountMax))",
                hint: "move long bodies into files of their own and name them with `body_file`")
            return false
        }
        var counter = PositionCounter()
        var parser = Unicode.UTF8.ForwardParser()
        var input = bytes.makeIterator()
        while true {
            switch parser.parseScalar(from: &input) {
            case .emptyInput: return true
            case .error:
                diagnostics.report(
                    at: counter.position, "not UTF-8 text", hint: "save the file as UTF-8")
                return false
            case .valid(let encoded):
                let scalar = Unicode.UTF8.decode(encoded)
                if Self.isForbidden(scalar) {
                    diagnostics.report(
                        at: counter.position, "control character \(quoted(String(scalar)))",
                        hint: "remove it, or write it as an escape in double quotes")
                    return false
                }
                counter.advance(over: scalar)
            }
        }
    }

    /// What YAML 1.1 does not let stand in a file.
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x85: false
        case ..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF, 0xFEFF: true
        default: false
        }
    }

    /// Behind the last character.
    var end: SourcePosition {
        var counter = PositionCounter()
        for scalar in text.unicodeScalars { counter.advance(over: scalar) }
        return counter.position
    }

    /// The lines with these numbers, counted from 1, without their ends; none behind the last one.
    func lines(_ numbers: Set<Int>) -> [Int: [Unicode.Scalar]] {
        var counter = PositionCounter()
        var lines: [Int: [Unicode.Scalar]] = [:]
        let last = numbers.max() ?? 0
        for scalar in text.unicodeScalars {
            let number = counter.position.line
            if number > last { break }
            if numbers.contains(number), !PositionCounter.isLineEnd(scalar) {
                lines[number, default: []].append(scalar)
            }
            counter.advance(over: scalar)
        }
        return lines
    }

    /// Where the `ordinal`-th `${` (from 0) stands between two places; nil when an escape hides it.
    func position(
        ofReference ordinal: Int, from start: SourcePosition, to end: SourcePosition
    ) -> SourcePosition? {
        var counter = PositionCounter()
        var previous: Unicode.Scalar?
        var previousPosition = counter.position
        var found = 0
        for scalar in text.unicodeScalars {
            if counter.position >= end { break }
            if scalar == "{", previous == "$", previousPosition >= start {
                if found == ordinal { return previousPosition }
                found += 1
            }
            (previous, previousPosition) = (scalar, counter.position)
            counter.advance(over: scalar)
        }
        return nil
    }
}

/// Follows a text scalar by scalar and counts as libyaml does.
private struct PositionCounter {
    private(set) var position = SourcePosition(line: 1, column: 1)
    private var isAfterReturn = false

    static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    mutating func advance(over scalar: Unicode.Scalar) {
        defer { isAfterReturn = scalar == "\r" }
        if isAfterReturn, scalar == "\n" { return }
        if Self.isLineEnd(scalar) {
            position.line += 1
            position.column = 1
        } else {
            position.column += 1
        }
    }
}
