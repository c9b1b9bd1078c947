import CCurl
import Glibc

/// A parsed URL: given the text instead, libcurl parses it and puts it together again for each request, a sixth of its
/// work. It must outlive the handles that point to it, so each transfer keeps its own.
@safe final class CurlURL {
    let handle: OpaquePointer?

    init(_ text: String) {
        unsafe handle = curl_url()
        let flags = CURLU_PATH_AS_IS | CURLU_NON_SUPPORT_SCHEME
        unsafe curl_url_set(handle, CURLUPART_URL, text, UInt32(flags))
    }

    init(copying other: CurlURL) { unsafe handle = curl_url_dup(other.handle) }

    deinit { unsafe curl_url_cleanup(handle) }

    /// - Returns: whether libcurl took it.
    @discardableResult
    func set(_ part: CURLUPart, _ text: String?, _ flags: Int32 = 0) -> Bool {
        unsafe curl_url_set(handle, part, text, UInt32(flags)) == CURLUE_OK
    }

    /// Nil where the URL has no such part.
    func get(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard unsafe curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK else {
            return nil
        }
        defer { unsafe curl_free(text) }
        return unsafe text.map { unsafe String(cString: $0) }
    }

    /// Where a redirect leads to, if that is the same scheme, host and port: another target is nobody's to load. The
    /// result takes only path and query from it, so it cannot lead elsewhere; and a password is never taken from there.
    func following(_ location: String) -> CurlURL? {
        let there = CurlURL(copying: self)
        guard there.set(CURLUPART_URL, location, CURLU_URLENCODE | CURLU_ALLOW_SPACE),
            there.origin == origin, there.get(CURLUPART_USER) == nil,
            there.get(CURLUPART_PASSWORD) == nil
        else { return nil }
        let next = CurlURL(copying: self)
        guard next.set(CURLUPART_PATH, there.get(CURLUPART_PATH) ?? "/"),
            next.set(CURLUPART_QUERY, there.get(CURLUPART_QUERY))
        else { return nil }
        return next
    }

    private var origin: [String?] {
        [
            get(CURLUPART_SCHEME), get(CURLUPART_HOST)?.lowercased(),
            get(CURLUPART_PORT, CURLU_DEFAULT_PORT),
        ]
    }
}

/// A `curl_slist`; it must outlive the handles that point to it, so each transfer keeps its own.
@safe final class HeaderList {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    init(_ lines: [String]) {
        for line in lines { unsafe first = curl_slist_append(first, line) }
    }

    deinit { unsafe curl_slist_free_all(first) }
}
