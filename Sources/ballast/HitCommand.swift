import ArgumentParser
import Config
import System

struct Hit: ParsableCommand {
    enum Output: String, CaseIterable, ExpressibleByArgument { case text, json }

    static let configuration = CommandConfiguration(
        commandName: "hit",
        abstract: "Put load on one URL, then sum up what it showed.",
        discussion: """
            Fifty requests a second for ten seconds:
              ballast hit http://127.0.0.1:8080/

            A thousand a second for a minute, which must hold two promises (exit 3 if not):
              ballast hit http://127.0.0.1:8080/ -r 1000 -z 1m \\
                --threshold 'p99<250ms' --threshold 'failed<1%'

            A hundred POST requests with a header, for a script:
              ballast hit https://shop.test/checkout -n 100 -d @order.json \\
                -H 'content-type: application/json' --output json

            Thresholds: min, max, mean and every pNN (p50, p99.9) of response time over all sent \
            requests; service.p99 and so on of service time; failed, dropped (shares of intended); \
            rate (completed per second).
            """)

    @OptionGroup var flags: HitFlags

    @Option(
        name: .customLong("threshold"),
        help: ArgumentHelp(
            "Must hold at the end: 'p99<250ms', 'failed<1%', 'rate>45'; repeatable.",
            valueName: "threshold"))
    var thresholds: [String] = []

    @Option(help: ArgumentHelp("The summary's form.", valueName: "form"))
    var output = Output.text

    @Option(
        help: ArgumentHelp(
            "Serve /metrics and the status page meanwhile, for example on :9909.",
            valueName: "address"))
    var listen: String?

    @OptionGroup var terminal: TerminalFlags

    func run() throws {
        var configuration = Configuration()
        configuration.loads = [try flags.load()]
        configuration.workers =
            try flag("--workers", flags.workers, FlagValue.workers) ?? .automatic
        let bounds = try flags.bounds()
        let address = try flag("--listen", listen, FlagValue.listen)
        if let address { configuration.server.listen = address }
        var checks: [Threshold] = []
        for text in thresholds {
            do throws(ThresholdError) {
                checks.append(try Threshold(text))
            } catch {
                throw ValidationError(error.description)
            }
        }
        var order = HitOrder(configuration)
        order.url = flags.url
        order.duration = bounds.duration
        order.requestsMax = bounds.requests
        order.serves = address != nil
        order.progress = terminal.showsProgress ? terminal.style(of: .error) : nil
        var result = try HitRun(order).run()
        result.thresholds = checks
        switch output {
        case .json: writeResult(HitJSON.text(result))
        case .text:
            if let error = result.error { throw StartError(error) }
            writeResult(HitSummary(result, terminal.style(of: .output)).text)
        }
        leave(result.exitCode)
    }
}
