import Config
import Engine
import System

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
            + "split the loads over several instances, or remove `buckets`"
    }
}
