import ArgumentParser
import Config
import Demo
import System
import Time

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See it work: a target of our own, a load on it, metrics and the status page.",
        discussion: """
            Until Ctrl-C, with the page on http://127.0.0.1:9909/:
              ballast demo

            A slower target that fails more often, for a minute:
              ballast demo --median 40ms --p99 300ms --errors 5% --for 1m
            """)

    @Option(
        help: ArgumentHelp(
            "Half of all answers come within this time.",
            valueName: "duration"))
    var median = "8ms"

    @Option(
        help: ArgumentHelp(
            "99 of 100 answers come within this time.",
            valueName: "duration"))
    var p99 = "60ms"

    @Option(
        help: ArgumentHelp(
            "The share of answers with status 500.",
            valueName: "share"))
    var errors = "1%"

    @Option(
        help: ArgumentHelp(
            "Requests per second, minute or hour.",
            valueName: "rate"))
    var rate = "100/s"

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "Stop after this long (default: Ctrl-C).",
            valueName: "duration"))
    var duration: String?

    @Option(
        help: ArgumentHelp(
            "Where to listen; when the port is taken, a free one is.",
            valueName: "address"))
    var listen = "127.0.0.1:9909"

    @OptionGroup var terminal: TerminalFlags

    func run() throws {
        var behaviour = DemoBehaviour()
        behaviour.median = try flag("--median", median, DurationText.parse)
        behaviour.p99 = try flag("--p99", p99, DurationText.parse)
        behaviour.errorRatio = try flag("--errors", errors, FlagValue.share)
        guard behaviour.median <= behaviour.p99 else {
            throw ValidationError("--p99: \(p99) is below --median \(median)")
        }
        let rate = try flag("--rate", rate, FlagValue.rate)
        let length = try flag("--for", duration, FlagValue.length)
        let address = try flag("--listen", listen, FlagValue.listen)
        var configuration = Configuration()
        configuration.server.listen = address
        let run = try DemoRun(
            configuration, rate: rate, behaviour: behaviour, duration: length,
            style: terminal.style(of: .output))
        run.showsProgress = terminal.showsProgress
        try run.run()
        leave(ExitStatus.fine)
    }
}
