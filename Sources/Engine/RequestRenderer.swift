import Config
import Transport

/// Fills a load's templates in: from settings and secrets to the bytes that are sent. What a place of a request cannot
/// hold never gets into one.
struct RequestRenderer {
    /// Why there is no request: which place, and what to do.
    struct Failure: Error {
        let reason: String
    }

    let settings: LoadSettings
    let userAgent: String
    let context: ConfigurationContext

    func render() throws(Failure) -> RenderedRequest {
        var headers: [RenderedRequest.Header] = []
        for header in settings.request.headers {
            let value = try filled(header.value, .header(header.name))
            headers.append(.init(header.name, String(decoding: value, as: UTF8.self)))
        }
        let path = String(decoding: try filled(settings.request.path, .path), as: UTF8.self)
        return RenderedRequest(
            method: settings.request.method, path: settings.target.path + path,
            authority: settings.target.authority, userAgent: userAgent, headers: headers,
            body: try body())
    }

    private func body() throws(Failure) -> [UInt8] {
        switch settings.request.body {
        case nil: return []
        case .inline(let template): return try filled(template, .body)
        case .file(let path):
            switch context.readFile(path, RequestPlace.body.byteCountMax) {
            case .success(let bytes): return bytes
            case .failure(let failure):
                throw Failure(
                    reason: "\(RequestPlace.body.name): cannot read `\(path)`: \(failure.reason)")
            }
        }
    }

    private func filled(
        _ template: Template, _ place: RequestPlace
    ) throws(Failure) -> [UInt8] {
        do throws(Template.Failure) {
            return try template.filled(for: place, context)
        } catch {
            throw Failure(reason: "\(place.name): \(error.text)")
        }
    }
}
