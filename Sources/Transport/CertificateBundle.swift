import Glibc
import Time

/// The machine's trusted certificates as one file, where distributions put it.
package enum CertificateBundle {
    package static let path: String? = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    ].first { unsafe access($0, R_OK) == 0 }
}

/// How old libcurl's copy of a parsed CA file may be. It knows copies by their age alone and keeps them for a day;
/// parsing the file for each connection would cost more than the handshake. So it is told the time since the file was
/// seen to change: an older copy is parsed anew, a younger one is good for ever.
struct CertificateAge {
    private struct Signature: Equatable {
        var device: UInt = 0
        var inode: UInt = 0
        var size = 0
        var seconds = 0
        var nanoseconds = 0
    }

    private let path: String?
    private var signature = Signature()
    private var changed: Instant?

    init(of tls: TLSOptions) { self.init(path: tls.ca ?? CertificateBundle.path) }

    init(path: String?) {
        self.path = path
        signature = Self.signature(of: path)
    }

    /// What a new connection is to say (`CURLOPT_CA_CACHE_TIMEOUT`); -1 means for ever. A copy that was parsed within
    /// the second before a change is still taken for one second.
    mutating func secondsMax(now: Instant) -> Int {
        let present = Self.signature(of: path)
        if present != signature {
            signature = present
            changed = now
        }
        return changed.map { max(1, Int((now - $0).seconds)) } ?? -1
    }

    private static func signature(of path: String?) -> Signature {
        var status = stat()
        guard let path, unsafe stat(path, &status) == 0 else { return Signature() }
        return Signature(
            device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }
}
