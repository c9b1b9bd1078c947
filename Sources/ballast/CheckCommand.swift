import ArgumentParser
import Config
import Engine
import Exposition
import Reactor
import System

struct Check: ParsableCommand {
    enum Output: String, CaseIterable, ExpressibleByArgument { case text, json }

    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Show every mistake of configuration files, or what they would run.",
        discussion: """
            All mistakes at once, each with its place and a hint (exit 2), or the plan (exit 0):
              ballast check ballast.yaml

            Several files, or - for standard input; without the secrets that only the cluster has:
              sed 's/staging/production/' ballast.yaml | ballast check --no-secrets -

            Before a deployment, in a script:
              ballast check ballast.yaml >/dev/null || exit 1
            """)

    @Argument(
        help: "Configuration files; - is standard input.",
        completion: .file(extensions: ["yaml", "yml"]))
    var files: [String]

    @Flag(help: "Read no variable and no file that a configuration refers to; name them instead.")
    var noSecrets = false

    @Option(help: ArgumentHelp("The form of the answer.", valueName: "form"))
    var output = Output.text

    func run() throws {
        let checked = try files.map { try CheckedFile($0, readsSecrets: !noSecrets) }
        switch output {
        case .json: writeResult(CheckJSON.text(checked))
        case .text:
            for file in checked {
                if files.count > 1 { writeResult("\(file.name)\n") }
                writeResult(file.plan)
                StandardStream.error.write(file.complaints)
            }
        }
        leave(checked.allSatisfy(\.isFine) ? ExitStatus.fine : ExitStatus.usage)
    }
}

/// What is to be said of one file.
struct CheckedFile {
    let name: String
    /// What is wrong with what is written.
    private(set) var error: ConfigurationError?
    private(set) var configuration: Configuration?
    /// What was not read, as the file names it.
    private(set) var unread: [String] = []
    private(set) var plan = ""
    /// Of each load: what is allowed, and seldom meant.
    private(set) var warnings: [[String]] = []
    private(set) var seriesMax = 0
    /// What would go wrong on this machine though it is well written.
    private(set) var obstacles: [String] = []

    var isFine: Bool { error == nil && obstacles.isEmpty }

    /// For a terminal; empty when all is well.
    var complaints: String {
        (error?.rendered ?? "") + (lacksSecrets ? Self.secretsNote : "")
            + obstacles.map { "\(name): error: \($0)\n" }.joined()
    }

    /// Whether what is wrong may be right where it will run.
    private var lacksSecrets: Bool {
        error?.diagnostics.contains { diagnostic in
            ["cannot read `", "the environment variable `"].contains {
                diagnostic.message.contains($0)
            }
        } ?? false
    }

    private static let secretsNote =
        "note: files and variables that only the cluster has are left out by --no-secrets\n"

    init(_ path: String, readsSecrets: Bool) throws {
        name = path == "-" ? "standard input" : path
        let configuration: Configuration
        do throws(ConfigurationError) {
            (configuration, unread) = try ConfigurationFile.read(path, readsSecrets: readsSecrets)
        } catch {
            self.error = error
            return
        }
        self.configuration = configuration
        try look(at: configuration)
    }

    private mutating func look(at configuration: Configuration) throws {
        let readable = unread.isEmpty ? configuration : configuration.withStandIns
        let generator: Generator
        do {
            // Made and never started: it has all counters, and no thread.
            generator = try Generator(readable, loop: try EventLoop())
        } catch {
            throw StartError("\(name): \(error)", code: ExitStatus.usage)
        }
        let scrape = ScrapePage(generator)
        let page = scrape.render()
        seriesMax = scrape.seriesMax
        let loads = GeneratorPlan(configuration, cores: Cores.available)
        plan = PlanText.text(loads)
        warnings = loads.loads.map { PlanText.warnings($0) }
        plan += PlanText.scrapeText(
            series: scrape.seriesCount, seriesMax: scrape.seriesMax, bytes: page.count,
            compressed: Gzip.compress(page)?.count)
        if !unread.isEmpty { plan += "not read  \(unread.joined(separator: ", "))\n" }
        obstacles = [
            Preflight.descriptorShortage(configuration, limit: DescriptorLimit.raise()),
            Preflight.seriesExcess(scrape),
        ].compactMap(\.self)
    }
}
