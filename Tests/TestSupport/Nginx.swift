import Foundation

/// A real nginx on a free port that answers every request with `ok` and logs it: the judge of what
/// was really sent.
package final class Nginx {
    package let port: UInt16
    private let folder: TemporaryFolder
    private let process: RunningProcess

    /// - Parameter locations: lines of nginx's `server` block; by default all is answered with 200.
    package init(locations: String = "location / { return 200 \"ok\\n\"; }") throws {
        port = try Network.freePort()
        folder = try TemporaryFolder()
        let configuration = """
            daemon off;
            worker_processes 1;
            error_log stderr;
            pid \(folder.path("pid"));
            events { worker_connections 1024; }
            http {
              log_format lines '$request_method $request_uri $status';
              access_log \(folder.path("access.log")) lines;
              client_body_temp_path \(folder.path("body"));
              proxy_temp_path \(folder.path("proxy"));
              fastcgi_temp_path \(folder.path("fastcgi"));
              uwsgi_temp_path \(folder.path("uwsgi"));
              scgi_temp_path \(folder.path("scgi"));
              keepalive_requests 1000000;
              server { listen 127.0.0.1:\(port); \(locations) }
            }
            """
        let file = try folder.write(configuration, to: "nginx.conf")
        process = try RunningProcess("/usr/sbin/nginx", ["-p", folder.url.path, "-c", file])
        try wait(for: "nginx") {
            guard process.isRunning else { throw WaitedInVain(description: process.errors) }
            return (try? ClientConnection(port: port)) != nil
        }
    }

    deinit {
        process.send(SIGQUIT)
        _ = try? process.exitCode()
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    /// One `METHOD /uri status` for each request that was answered.
    package var requests: [String] {
        folder.read("access.log").split(separator: "\n").map(String.init)
    }
}
