import Foundation

/// A real nginx of one process, whose unbuffered log knows connections and bytes, which can be
/// stopped, killed and started again on its port.
package final class TruthNginx {
    package struct Line {
        package let connection: Int
        package let status: Int
        /// All bytes of the answer and of the request.
        package let sent: Int
        package let received: Int
        package let header: String
    }

    package let port: UInt16
    /// The authority to trust, with TLS.
    package let authority: String
    private let folder: TemporaryFolder
    private let scheme: String
    private var process: RunningProcess?

    /// - Parameters:
    ///   - tls: speaks https on its port.
    ///   - locations: lines of the `server` block.
    package init(
        tls: Bool = false, locations: String = "location / { return 200 \"ok\\n\"; }"
    ) throws {
        port = try Network.freePort()
        folder = try TemporaryFolder()
        scheme = tls ? "https" : "http"
        authority = folder.path("certificate.pem")
        if tls {
            let make = try RunningProcess(
                "/usr/bin/openssl",
                [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    folder.path("key.pem"), "-out", authority,
                ])
            guard try make.exitCode() == 0 else {
                throw WaitedInVain(description: make.errors)
            }
        }
        let keys =
            tls
            ? "ssl_certificate \(authority); ssl_certificate_key \(folder.path("key.pem"));" : ""
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.path($0));" }.joined(separator: "\n")
        try folder.write(
            """
            daemon off;
            master_process off;
            error_log stderr;
            pid \(folder.path("pid"));
            events { worker_connections 1024; }
            http {
              log_format lines '$connection $status $bytes_sent $request_length $http_x_test';
              access_log \(folder.path("access.log")) lines;
              \(temporary)
              keepalive_requests 1000000;
              server {
                listen 127.0.0.1:\(port)\(tls ? " ssl" : "");
                \(keys)
                root \(folder.url.path);
                \(locations)
                location /marker { return 299; }
              }
            }
            """, to: "nginx.conf")
        try start()
    }

    deinit { kill() }

    package var url: String { "\(scheme)://127.0.0.1:\(port)" }

    /// A file that nginx serves.
    package func serve(_ text: String, as name: String) throws { try folder.write(text, to: name) }

    package func start() throws {
        let nginx = try RunningProcess(
            "/usr/sbin/nginx", ["-p", folder.url.path, "-c", folder.path("nginx.conf")])
        process = nginx
        try wait(for: "nginx") {
            guard nginx.isRunning else { throw WaitedInVain(description: nginx.errors) }
            return (try? ClientConnection(port: port)) != nil
        }
    }

    package func kill() {
        process?.send(SIGKILL)
        _ = try? process?.exitCode()
        process = nil
    }

    package func send(_ signal: Int32) { process?.send(signal) }

    /// Requests of others than `marker`.
    package var lines: [Line] { allLines.filter { $0.status != 299 } }

    private var allLines: [Line] {
        folder.read("access.log").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 4).map(String.init)
            guard words.count == 5, let connection = Int(words[0]), let status = Int(words[1]),
                let sent = Int(words[2]), let received = Int(words[3])
            else { return nil }
            return Line(
                connection: connection, status: status, sent: sent, received: received,
                header: words[4])
        }
    }

    /// The number that nginx gives to a connection opened now: it counts all that it accepts.
    package func marker() throws -> Int {
        let before = allLines.filter { $0.status == 299 }.count
        _ = try Network.get("/marker", port: port)
        var number = 0
        try wait(for: "the marker in nginx's log") {
            let markers = allLines.filter { $0.status == 299 }
            number = markers.last?.connection ?? 0
            return markers.count > before
        }
        return number
    }
}
