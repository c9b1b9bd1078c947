import ArgumentParser
import Config
import Engine
import Exposition
import Reactor
import System

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Show every mistake of a configuration file, or what it would run.",
        discussion: """
            All mistakes at once, each with its place and a hint (exit 2), or the plan (exit 0):
              ballast check ballast.yaml

            Before a deployment, in a script:
              ballast check ballast.yaml >/dev/null || exit 1
            """)

    @Argument(help: "The configuration file.")
    var file: String

    func run() throws {
        let configuration = Configuration.loadOrLeave(file)
        let loop: EventLoop
        let generator: Generator
        do {
            loop = try EventLoop()
            // Made and never started: it has all counters, and no thread.
            generator = try Generator(
                configuration, options: Generator.Options(), loop: loop, onEvent: { _ in },
                onDrained: {})
        } catch {
            throw StartError("\(file): \(error)", code: ExitStatus.usage)
        }
        let scrape = ScrapePage(generator)
        let page = scrape.render()
        var text = PlanText.text(generator.plan)
        text += PlanText.scrapeText(
            series: scrape.seriesCount, seriesMax: scrape.seriesMax, bytes: page.count,
            compressed: Gzip.compress(page)?.count)
        writeResult(text)
        let errors = [
            Preflight.descriptorShortage(configuration, limit: DescriptorLimit.raise()),
            Preflight.seriesExcess(scrape),
        ].compactMap(\.self)
        for error in errors { StandardStream.error.write("\(file): error: \(error)\n") }
        leave(errors.isEmpty ? ExitStatus.fine : ExitStatus.usage)
    }
}
