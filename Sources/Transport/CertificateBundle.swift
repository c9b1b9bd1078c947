import Glibc

/// The machine's trusted certificates as one file, where distributions put it.
package enum CertificateBundle {
    package static let path: String? = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    ].first { unsafe access($0, R_OK) == 0 }
}
