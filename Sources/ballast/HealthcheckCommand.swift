import ArgumentParser
import Config
import System

struct Healthcheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Ask a running Ballast whether it works: exit 0 if so, else 1.",
        discussion: """
            The one on this machine, where BALLAST_LISTEN says or else on port 9909:
              ballast healthcheck

            Whether another one does its work (503 once it stops):
              ballast healthcheck http://127.0.0.1:9000/readyz

            In a Dockerfile:
              HEALTHCHECK CMD ["ballast", "healthcheck"]
            """)

    @Argument(help: "http:// with an IP address or localhost; /livez unless it has a path.")
    var url: String?

    @Option(help: "The port on 127.0.0.1, instead of a URL.")
    var port: String?

    func run() throws {
        let probe: HealthProbe
        if let url {
            let (target, path) = try flag("URL", url, FlagValue.url)
            guard target.scheme == .http else {
                throw ValidationError("URL: Ballast's own port speaks plain http")
            }
            let text = TemplateText.source(path)
            probe = HealthProbe(
                host: target.host, port: target.port,
                path: text.isEmpty || text == "/" ? HealthProbe.standardPath : text)
        } else if let port {
            let address = try flag("--port", ":" + port, FlagValue.listen)
            guard address.port > 0 else {
                throw ValidationError("--port: 0 is no port to ask (1 to 65535)")
            }
            probe = HealthProbe(host: "127.0.0.1", port: address.port)
        } else {
            let listen = Environment.value("BALLAST_LISTEN") ?? "127.0.0.1:9909"
            let address = try flag("BALLAST_LISTEN", listen, FlagValue.listen)
            probe = HealthProbe(host: address.host, port: address.port)
        }
        switch probe.run() {
        case .healthy(let text): writeResult(text + "\n")
        case .unhealthy(let reason):
            writeResult("unhealthy: \(reason)\n")
            leave(ExitStatus.failed)
        }
    }
}
