import CCurl
import Glibc

/// Two functions of the OpenSSL that libcurl has loaded, found at run time: Ballast does not link it. Both are nil where
/// libcurl stands on another library.
enum OpenSSL {
    typealias Control = @convention(c) (
        UnsafeMutableRawPointer?, Int32, Int, UnsafeMutableRawPointer?
    ) -> Int
    typealias HasPending = @convention(c) (UnsafeMutableRawPointer?) -> Int32

    /// `SSL_CTRL_SET_READ_AHEAD`.
    static let setReadAhead: Int32 = 41
    static let control: Control? = unsafe find("SSL_CTX_ctrl")
    static let hasPending: HasPending? = unsafe find("SSL_has_pending")

    private static func find<Function>(_ name: String) -> Function? {
        guard let symbol = unsafe dlsym(nil, name) else { return nil }
        return unsafe unsafeBitCast(symbol, to: Function.self)
    }
}
