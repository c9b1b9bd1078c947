import Measure
import System
import Time

/// The families that say how we are doing ourselves.
extension MetricCatalogue {
    private func global(
        _ name: String, _ kind: MetricFamily.Kind, _ help: String,
        _ read: (() -> Sample)?
    ) -> MetricFamily {
        MetricFamily(
            name: name, help: help, kind: kind, series: read.map { [Series(read: $0)] } ?? [])
    }

    var generator: [MetricFamily] {
        let health = health
        let report = report
        return [
            global(
                "ballast_generator_degraded", .gauge,
                "1 while delays, throttling or exhaustion of our own make the numbers suspect."
            ) { .integer(health.reasons.isEmpty ? 0 : 1) },
            global(
                "ballast_generator_degraded_seconds_total", .counter,
                "Time for which ballast_generator_degraded was 1."
            ) { .real(health.degradedTime(by: report.readAt).seconds) },
            global(
                "ballast_cpu_limit_cores", .gauge, "CPU cores that the control group allows.",
                health.cpuLimit == nil ? nil : { .real(health.cpuLimit ?? 0) }),
            global(
                "ballast_cpu_throttled_seconds_total", .counter,
                "Time for which the control group's CPU limit stopped this process.",
                health.throttled == nil ? nil : { .real((health.throttled ?? .zero).seconds) }),
        ]
    }

    var process: [MetricFamily] {
        let statistics = health.processStatistics
        // One reading serves all families of a scrape. Without /proc there is none, and so no series.
        let first = statistics.read()
        let reading = Cached(first) { statistics.read() }
        let report = report
        func family(
            _ name: String, _ kind: MetricFamily.Kind, _ help: String,
            _ value: @escaping (ProcessReading) -> Sample
        ) -> MetricFamily {
            global(
                "process_\(name)", kind, help,
                first.map { first in
                    { value(reading.value(for: report.readAt) ?? first) }
                })
        }
        return [
            family("cpu_seconds_total", .counter, "User and system CPU time.") {
                .real($0.cpu.seconds)
            },
            family("open_fds", .gauge, "Open file descriptors.") { .integer($0.openDescriptors) },
            family("max_fds", .gauge, "The limit on open file descriptors.") {
                .real($0.maxDescriptors)
            },
            family("virtual_memory_bytes", .gauge, "Virtual memory.") {
                .integer($0.virtualBytes)
            },
            family("resident_memory_bytes", .gauge, "Resident memory.") {
                .integer($0.residentBytes)
            },
            global(
                "process_start_time_seconds", .gauge, "Start of the process, since 1970.",
                statistics.startTime.map { time in { .real(time) } }),
        ]
    }
}

typealias ProcessReading = ProcessStatistics.Reading

/// A value read once for each reading of the report, however many series show parts of it. When it cannot be read, the
/// last one stands.
final class Cached<Value> {
    private let read: () -> Value?
    private var value: Value?
    private var readFor = Instant.distantPast

    init(_ first: Value?, _ read: @escaping () -> Value?) {
        value = first
        self.read = read
    }

    func value(for instant: Instant) -> Value? {
        if readFor != instant {
            readFor = instant
            value = read() ?? value
        }
        return value
    }
}
