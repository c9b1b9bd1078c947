/// A place of a request that text and secrets go to: what it may hold, wherever that comes from.
package enum RequestPlace: Equatable, Sendable {
    case path
    case header(String)
    case body

    /// As a configuration names it.
    package var name: String {
        switch self {
        case .path: "request.path"
        case .header(let name): "request.headers.\(name)"
        case .body: "request.body"
        }
    }

    /// How many bytes it may hold in all. No server takes a longer line of a head.
    package var byteCountMax: Int { self == .body ? SystemFile.byteCountMax : 64 << 10 }

    /// What this place asks of every part of it.
    func checkPart(_ bytes: [UInt8]) throws(InvalidValue) {
        switch self {
        case .path: try URLText.checkPath(bytes)
        case .header(let name):
            try HeaderRules.checkValue(bytes)
            if name.lowercased() == "host" { try HeaderRules.checkHost(bytes) }
        case .body: break
        }
    }

    /// What this place asks of all its parts together.
    func checkWhole(_ bytes: [UInt8], of template: Template) throws(InvalidValue) {
        switch self {
        case .path where !bytes.isEmpty && bytes.first != UInt8(ascii: "/"):
            if case .text(let text)? = template.parts.first {
                throw InvalidValue(
                    "\(quoted(text)) does not start with `/`",
                    hint: "it is appended to the target's path")
            }
            throw InvalidValue(
                "the first reference does not start with `/`",
                hint: "write the `/` before the reference")
        case .header: try HeaderRules.checkEnds(bytes)
        default: break
        }
    }
}

extension Template {
    /// Why a template cannot be filled in. No value is ever part of it.
    package struct Failure: Error, Hashable {
        /// Of `parts`; nil: the whole.
        package var part: Int?
        package var reason: String
        package var hint: String?

        /// On one line.
        package var text: String { hint.map { "\(reason) (\($0))" } ?? reason }
    }

    /// The bytes that it stands for in a place of a request. A value of a reference is taken as it is, or not at all.
    package func filled(
        for place: RequestPlace, _ context: ConfigurationContext
    ) throws(Failure) -> [UInt8] {
        var all: [UInt8] = []
        for (index, part) in parts.enumerated() {
            let room = place.byteCountMax - all.count
            let bytes = try value(of: part, index, room: room, context)
            guard let bytes, bytes.count <= room else {
                throw Failure(
                    part: index,
                    reason: "with this it is larger than \(SizeText.exact(place.byteCountMax))",
                    hint: "shorten \(Self.source(of: part))")
            }
            do throws(InvalidValue) {
                try place.checkPart(bytes)
            } catch {
                if case .text = part { throw Failure(reason: error.message, hint: error.hint) }
                throw Failure(
                    part: index,
                    reason: "the value of this reference does not fit: \(error.message)",
                    hint: "change \(Self.source(of: part))")
            }
            all += bytes
        }
        do throws(InvalidValue) {
            try place.checkWhole(all, of: self)
        } catch {
            throw Failure(reason: error.message, hint: error.hint)
        }
        return all
    }

    /// - Parameter room: how many bytes are of use; a file that is larger is not read.
    /// - Returns: nil where there are more.
    private func value(
        of part: Part, _ index: Int, room: Int, _ context: ConfigurationContext
    ) throws(Failure) -> [UInt8]? {
        switch part {
        case .text(let text): return Array(text.utf8)
        case .environment(let name):
            guard let value = context.environment(name) else {
                throw Failure(
                    part: index, reason: "the environment variable `\(name)` is not set",
                    hint: "set it, or put the value into a file and use `${file:/path}`")
            }
            return Array(value.utf8)
        case .file(let path):
            // The line end that closes a file does not count.
            switch context.readFile(path, room + 2) {
            case .failure(let failure) where failure.isTooLarge: return nil
            case .failure(let failure):
                throw Failure(
                    part: index, reason: "cannot read \(quoted(path: path)): \(failure.reason)")
            case .success(let bytes):
                let value = Self.withoutLastLineEnd(bytes)
                // A file that is being written anew is empty for a moment.
                guard !value.isEmpty else {
                    throw Failure(part: index, reason: "\(quoted(path: path)) is empty")
                }
                return value
            }
        }
    }

    /// What a user has to change.
    private static func source(of part: Part) -> String {
        switch part {
        case .text(let text): quoted(text)
        case .environment(let name): "the environment variable `\(name)`"
        case .file(let path): "the file \(quoted(path: path))"
        }
    }

    /// Secrets are mostly written by tools that end the file with a line end, which is no part of
    /// the secret.
    private static func withoutLastLineEnd(_ bytes: [UInt8]) -> [UInt8] {
        if bytes.suffix(2) == [0x0D, 0x0A] { return bytes.dropLast(2) }
        return bytes.last == 0x0A ? bytes.dropLast() : bytes
    }
}
