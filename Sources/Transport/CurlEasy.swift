import CCurl
import Time

/// Typed access to one easy handle.
@safe struct CurlEasy {
    let handle: UnsafeMutableRawPointer

    init(_ handle: UnsafeMutableRawPointer) { unsafe self.handle = handle }

    /// - Precondition: libcurl has memory for it.
    init() {
        guard let handle = unsafe curl_easy_init() else {
            preconditionFailure("libcurl could not allocate an easy handle")
        }
        unsafe self.handle = handle
    }

    func set(_ option: CURLoption, _ value: Int) {
        unsafe ballast_setopt_long(handle, option, value)
    }

    /// libcurl copies strings; nil unsets the option.
    func set(_ option: CURLoption, _ text: String?) {
        guard let text else {
            unsafe ballast_setopt_pointer(handle, option, nil)
            return
        }
        _ = unsafe text.withCString { unsafe ballast_setopt_pointer(handle, option, $0) }
    }

    func set(_ option: CURLoption, pointer: UnsafeRawPointer?) {
        unsafe ballast_setopt_pointer(handle, option, pointer)
    }

    /// A header of the last answer.
    func header(_ name: String) -> String? {
        var header: UnsafeMutablePointer<curl_header>?
        guard
            unsafe curl_easy_header(handle, name, 0, UInt32(CURLH_HEADER), -1, &header)
                == CURLHE_OK, let value = unsafe header?.pointee.value
        else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        unsafe ballast_getinfo_long(handle, info, &value)
        return value
    }

    /// Of a `*_TIME_T`: microseconds since the transfer's start.
    func time(_ info: CURLINFO) -> Nanoseconds {
        var value: curl_off_t = 0
        unsafe ballast_getinfo_offset(handle, info, &value)
        return .microseconds(Int64(value))
    }

    func offset(_ info: CURLINFO) -> Int {
        var value: curl_off_t = 0
        unsafe ballast_getinfo_offset(handle, info, &value)
        return Int(value)
    }

    /// What both kinds of transfer share: no signals, no proxy of the environment, and the load's trust.
    func prepare(tls: TLSOptions?) {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROXY, "")
        set(CURLOPT_TCP_NODELAY, 1)
        guard let tls else { return }
        set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1 : 0)
        set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2 : 0)
        // A CAPATH is searched for each connection (15 ms and 848 KB); one file is parsed once per multi.
        set(CURLOPT_CAPATH, nil)
        set(CURLOPT_CAINFO, tls.ca ?? CertificateBundle.path)
        set(CURLOPT_SSLCERT, tls.certificate)
        set(CURLOPT_SSLKEY, tls.key)
        set(CURLOPT_SSL_SESSIONID_CACHE, tls.resume ? 1 : 0)
    }
}
