import JSON
import Measure
import Time

/// The result of `hit` for scripts; `docs/hit-json.md` is its contract: seconds as numbers, counts
/// as integers, null for what was not measured. Members may be added, never renamed.
enum HitJSON {
    static func text(_ result: HitResult) -> String {
        var json = JSONWriter(indent: 2)
        json.object {
            $0.field("schema", 1)
            $0.field("version", Version.number)
            plan(&$0, result.plan)
            $0.field("started_at", result.startedAt)
            $0.field("elapsed_seconds", result.elapsed.seconds)
            $0.field("interrupted", result.isInterrupted)
            $0.field("intended", result.intended)
            $0.field("sent", result.sent)
            $0.field("completed", result.completed)
            $0.field("dropped", result.droppedTotal)
            $0.field("completed_per_second", result.completedPerSecond)
            $0.field("ok_share", result.okShare)
            $0.field("failed_share", result.failedShare)
            $0.field("dropped_share", result.droppedShare)
            counts(&$0, "dropped_by_reason", result.dropped)
            counts(&$0, "outcomes", result.outcomes)
            $0.object("statuses") { json in
                for status in result.statuses {
                    json.field(status.code == 0 ? "other" : "\(status.code)", status.count)
                }
            }
            $0.object("last_errors") { json in
                for outcome in result.outcomes {
                    if let error = outcome.lastError { json.field(outcome.name, error) }
                }
            }
            times(&$0, "response_time_seconds", result.response)
            times(&$0, "service_time_seconds", result.service)
            times(&$0, "start_delay_seconds", result.startDelay)
            $0.object("phase_seconds") { json in
                for phase in result.phases {
                    json.object(phase.name) {
                        $0.field("count", phase.count)
                        $0.field("mean", phase.mean?.seconds)
                    }
                }
            }
            buckets(&$0, result.responseBuckets)
            fineBuckets(&$0, result.response)
            $0.field("sent_bytes", result.sentBytes)
            $0.field("received_bytes", result.receivedBytes)
            $0.object("connects") { json in
                json.field("ok", result.connectsOK)
                json.field("failed", result.connectsFailed)
            }
            thresholds(&$0, result)
            $0.array("degraded") { json in result.degraded.forEach { json.value($0) } }
            $0.field("error", result.error)
            $0.field("exit_code", result.exitCode)
        }
        return json.text + "\n"
    }

    private static func plan(_ json: inout JSONWriter, _ plan: HitResult.Plan) {
        json.object("plan") {
            $0.field("url", plan.url)
            $0.field("method", plan.method)
            $0.field("loop", plan.rate == nil ? "closed" : "open")
            $0.field("rate", plan.rate)
            $0.field("arrivals", plan.rate == nil ? nil : plan.arrivals)
            $0.field("seed", plan.rate == nil ? nil : plan.seed)
            $0.field("pacing", plan.rate == nil ? nil : plan.pacing)
            $0.field("transport", plan.transport)
            $0.field("workers", plan.workers)
            $0.field("connections", plan.connections)
            $0.field("timeout_seconds", plan.timeout.seconds)
        }
    }

    private static func counts(
        _ json: inout JSONWriter, _ name: String, _ counts: [HitResult.NamedCount]
    ) {
        json.object(name) { json in
            for entry in counts { json.field(entry.name, entry.count) }
        }
    }

    private static func times(_ json: inout JSONWriter, _ name: String, _ times: FineSnapshot) {
        json.object(name) { json in
            json.field("count", times.count)
            for statistic in Statistic.usual {
                json.field(statistic.name, statistic.value(times)?.seconds)
            }
        }
    }

    /// Cumulative, as Prometheus has them; the last one has no bound.
    private static func buckets(_ json: inout JSONWriter, _ histogram: HistogramSnapshot) {
        json.array("response_time_buckets") { json in
            var count: UInt64 = 0
            for (index, own) in histogram.counts.enumerated() {
                count += own
                let upper = histogram.bounds.upper
                json.object {
                    $0.field("le", index < upper.count ? Nanoseconds(upper[index]).seconds : nil)
                    $0.field("count", count)
                }
            }
        }
    }

    /// Cumulative too, in steps of at most 1.6 %: only those that hold something.
    private static func fineBuckets(_ json: inout JSONWriter, _ times: FineSnapshot) {
        json.array("response_time_fine_buckets") { json in
            var count: UInt64 = 0
            for slot in times.counts.indices where times.counts[slot] > 0 {
                count += times.counts[slot]
                let isLast = slot == FineScale.slotCount - 1
                let upper = isLast ? nil : Nanoseconds(FineScale.lowerEdge(of: slot + 1)).seconds
                json.object {
                    $0.field("le", upper)
                    $0.field("count", count)
                }
            }
        }
    }

    private static func thresholds(_ json: inout JSONWriter, _ result: HitResult) {
        json.array("thresholds") { json in
            for threshold in result.thresholds {
                json.object {
                    $0.field("threshold", threshold.text)
                    $0.field("bound", threshold.bound)
                    $0.field("value", threshold.value(in: result))
                    $0.field("holds", threshold.holds(in: result))
                }
            }
        }
    }
}
