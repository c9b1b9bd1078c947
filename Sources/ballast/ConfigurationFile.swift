import Config
import Engine
import Synchronization
import System

/// Where configurations come from.
enum ConfigurationFile {
    /// Reads the file; with mistakes in it, shows all of them and leaves.
    static func loadOrLeave(_ path: String) -> Configuration {
        do {
            return try Configuration.load(path: path)
        } catch {
            StandardStream.error.write(error.rendered)
            leave(ExitStatus.usage)
        }
    }

    /// - Parameter path: `-` is standard input, whose relative paths start from the working folder.
    /// - Returns: the configuration, and what was not read of what it refers to.
    static func read(
        _ path: String, readsSecrets: Bool
    ) throws(ConfigurationError) -> (Configuration, unread: [String]) {
        let names = Names()
        var context = ConfigurationContext.system
        if !readsSecrets { context.unread = { names.add($0) } }
        let configuration =
            path == "-"
            ? try Configuration.parse(
                StandardStream.readInput(), file: "standard input", context: context)
            : try Configuration.load(path: path, context: context)
        return (configuration, names.all)
    }

    /// Each once, in the order in which they came.
    private final class Names: Sendable {
        private let names = Mutex<[String]>([])

        var all: [String] { names.withLock { $0 } }

        func add(_ name: String) {
            names.withLock { if !$0.contains(name) { $0.append(name) } }
        }
    }
}

extension Configuration {
    /// The same with something harmless for everything that it refers to, so that a page can be laid out without it.
    var withStandIns: Configuration {
        var copy = self
        for index in copy.loads.indices {
            copy.loads[index].request = RequestSettings()
            copy.loads[index].request.method = loads[index].request.method
        }
        return copy
    }
}

/// What is known before the start and would go wrong for certain.
enum Preflight {
    /// More series than this make a scrape that hurts the Prometheus behind it.
    static let seriesMax = 10_000

    /// Descriptors beside the loads' connections: standard streams, loops and their timers, kept
    /// files of /proc, look-ups, and the server's 64 clients.
    static let ownDescriptors: UInt64 = 128

    /// - Returns: nil when the process may open as many files as the loads may need.
    static func descriptorShortage(
        _ configuration: Configuration, limit: DescriptorLimit?
    ) -> String? {
        let connections = configuration.loads.reduce(UInt64(0)) {
            $0 + UInt64($1.limits.connections)
        }
        let needed = connections + ownDescriptors
        guard let limit, limit.soft < needed else { return nil }
        return "the loads may hold \(connections) connections, which needs \(needed) open files, "
            + "but this process may have \(limit.soft): lower limits.connections, "
            + "or raise `ulimit -n`"
    }

    /// - Returns: nil when all series fit the budget, those of status codes not yet seen included.
    static func seriesExcess(_ scrape: ScrapePage) -> String? {
        guard scrape.seriesMax > seriesMax else { return nil }
        return "/metrics could reach \(scrape.seriesMax) series, but \(seriesMax) are the limit: "
            + "split the loads over several instances, or give them fewer `buckets`"
    }
}
