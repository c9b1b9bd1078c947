import Config
import Transport

/// Fills a load's templates in: from settings and secrets to the bytes that are sent.
struct RequestRenderer {
    /// A secret that cannot be had: which, and why.
    struct Failure: Error {
        let reason: String
    }

    let settings: LoadSettings
    let userAgent: String
    let context: ConfigurationContext

    func render() throws(Failure) -> HTTPRequest {
        var headers: [HTTPRequest.Header] = []
        for header in settings.request.headers {
            headers.append(.init(header.name, try headerValue(header)))
        }
        let path = String(decoding: try bytes(of: settings.request.path), as: UTF8.self)
        return HTTPRequest(
            method: settings.request.method, path: settings.target.path + path,
            authority: settings.target.authority, userAgent: userAgent, headers: headers,
            body: try body())
    }

    private func body() throws(Failure) -> [UInt8] {
        switch settings.request.body {
        case nil: []
        case .inline(let template): try bytes(of: template)
        case .file(let path): try contents(of: path)
        }
    }

    private func headerValue(_ header: RequestSettings.Header) throws(Failure) -> String {
        let bytes = try bytes(of: header.value)
        // RFC 9110 section 5.5: a line end inside a value would start a header of its own.
        guard !bytes.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else {
            throw Failure(
                reason: "header \(header.name): the secret contains a line end or a NUL byte")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func bytes(of template: Template) throws(Failure) -> [UInt8] {
        var result: [UInt8] = []
        for part in template.parts {
            switch part {
            case .text(let text): result += text.utf8
            case .environment(let name):
                guard let value = context.environment(name) else {
                    throw Failure(reason: "environment variable \(name) is not set")
                }
                result += value.utf8
            case .file(let path):
                let secret = Self.withoutLineEnd(try contents(of: path))
                // A file that is being written anew is empty for a moment.
                guard !secret.isEmpty else { throw Failure(reason: "\(path) is empty") }
                result += secret
            }
        }
        return result
    }

    private func contents(of path: String) throws(Failure) -> [UInt8] {
        switch context.readFile(path) {
        case .success(let bytes): return bytes
        case .failure(let failure):
            throw Failure(reason: "cannot read \(path): \(failure.reason)")
        }
    }

    private static func withoutLineEnd(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        var bytes = bytes[...]
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return bytes
    }
}
