import ArgumentParser
import Config
import Logging

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the loads of a configuration file, endless unless --for says otherwise.",
        discussion: """
            Until SIGTERM, with metrics, health and a status page on port 9909:
              ballast run ballast.yaml

            For ten minutes, on another port, with a log for machines:
              ballast run ballast.yaml --for 10m --listen 127.0.0.1:9000 --log-format json

            SIGTERM and SIGINT stop intending requests, let those in flight end (server.drain), \
            keep /metrics for a last scrape (server.linger) and exit 0. A second signal exits at \
            once.
            """)

    @Argument(
        help: "The configuration file.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "Stop each load when it has run for so long: 30s, 5m, 1h.",
            valueName: "duration"))
    var duration: String?

    @Option(
        help: ArgumentHelp(
            "Where to listen instead of server.listen; BALLAST_LISTEN does the same.",
            valueName: "address"))
    var listen: String?

    @Option(help: ArgumentHelp("The least severe lines to log.", valueName: "level"))
    var logLevel = LogLevelText.info

    @Flag(help: "No log line a minute for each load.")
    var quiet = false

    @Option(help: ArgumentHelp("How lines are written to standard error.", valueName: "format"))
    var logFormat = LogLine.Format.logfmt

    func run() throws {
        let length = try flag("--for", duration, FlagValue.length)
        let address =
            try flag("--listen", listen, FlagValue.listen)
            ?? flag("BALLAST_LISTEN", Environment.value("BALLAST_LISTEN"), FlagValue.listen)
        var configuration = ConfigurationFile.loadOrLeave(file)
        if let address { configuration.server.listen = address }
        let handler = LineLogHandler(level: logLevel.level, format: logFormat)
        let log = Logger(label: "ballast") { _ in handler }
        let code: Int32
        do {
            code = try Sidecar(configuration, duration: length, isQuiet: quiet, log: log).run()
        } catch {
            handler.flush()
            throw error
        }
        handler.flush()
        leave(code)
    }
}

extension LogLevelText: ExpressibleByArgument {}
extension LogLine.Format: ExpressibleByArgument {}
