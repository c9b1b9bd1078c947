import JSON

/// What `/api/v1/status` says, as plain values: the status page's only source. Times are seconds,
/// counts are totals since the start; a page gets rates from two documents.
package struct StatusDocument: Hashable, Sendable {
    package var version: String
    package var uptime: Double
    /// As `/readyz` answers.
    package var ready: Bool
    /// Why the generator's own numbers are suspect (`generator_degraded`); empty when they are not.
    package var degraded: [String] = []
    package var workers = 1
    /// The cgroup's limit; nil without one.
    package var cpuLimitCores: Double?
    package var cpuThrottled: Double?
    /// Whether its target is our own, which `/demo/behaviour` changes.
    package var isDemo = false
    package var loads: [LoadStatus] = []

    package init(version: String, uptime: Double, ready: Bool) {
        self.version = version
        self.uptime = uptime
        self.ready = ready
    }
}

package struct LoadStatus: Hashable, Sendable {
    package var name: String
    /// The URL that is requested, without secrets.
    package var target: String
    /// `waiting`, `running`, ... as in `load_state`.
    package var state: String
    /// `direct` or `curl`, and the key of the configuration that chose it.
    package var transport: String
    package var transportReason: String
    /// `precise` or `grid 500us`.
    package var pacing: String
    package var workers = 1
    /// Requests per second that the schedule asks for now; nil for `rate: max`.
    package var intendedRate: Double?
    package var intended: UInt64 = 0
    package var sent: UInt64 = 0
    package var inFlight: Int64 = 0
    package var backlog: Int64 = 0
    package var connections = Connections()
    /// By reason, zeros included.
    package var dropped: [NamedCount] = []
    /// By outcome, zeros included; `ok` among them.
    package var outcomes: [OutcomeStatus] = []
    /// Ok of all intended that are decided, that is of ended and dropped ones: those in the backlog and in flight are
    /// neither served nor lost yet. Nil before the first.
    package var okShare: Double? {
        let ended = outcomes.reduce(0) { $0 + $1.count }
        let decided = dropped.reduce(ended) { $0 + $1.count }
        let ok = outcomes.first { $0.name == "ok" }?.count ?? 0
        return decided > 0 ? Double(ok) / Double(decided) : nil
    }
    package var responseTime = Times()
    package var serviceTime = Times()
    package var startDelay = Times()
    /// Which clock ended requests: `kernel stamps` or `own clock`.
    package var endClock: String

    package init(
        name: String, target: String, state: String, transport: String, transportReason: String,
        pacing: String, endClock: String
    ) {
        self.name = name
        self.target = target
        self.state = state
        self.transport = transport
        self.transportReason = transportReason
        self.pacing = pacing
        self.endClock = endClock
    }

    package struct Connections: Hashable, Sendable {
        package var connecting: Int64 = 0
        package var idle: Int64 = 0
        package var active: Int64 = 0

        package init() {}
    }

    package struct NamedCount: Hashable, Sendable {
        package var name: String
        package var count: UInt64

        package init(_ name: String, _ count: UInt64) {
            self.name = name
            self.count = count
        }
    }

    package struct OutcomeStatus: Hashable, Sendable {
        package var name: String
        package var count: UInt64
        /// The last error's text: `refused 10.0.0.7:8080`.
        package var lastError: String?
        /// How long ago that was.
        package var lastErrorAge: Double?

        package init(
            _ name: String, _ count: UInt64, lastError: String? = nil, lastErrorAge: Double? = nil
        ) {
            self.name = name
            self.count = count
            self.lastError = lastError
            self.lastErrorAge = lastErrorAge
        }
    }

    package struct Times: Hashable, Sendable {
        package var sinceStart = Quantiles()
        /// Their `max` is what no time exceeds: up to a step of the scale more than the greatest.
        package var lastMinute = Quantiles()
        package var lastTenMinutes = Quantiles()

        package init() {}
    }

    /// In seconds; nil while nothing was recorded.
    package struct Quantiles: Hashable, Sendable {
        package var p50: Double?
        package var p90: Double?
        package var p99: Double?
        package var max: Double?

        package init(
            p50: Double? = nil, p90: Double? = nil, p99: Double? = nil, max: Double? = nil
        ) {
            self.p50 = p50
            self.p90 = p90
            self.p99 = p99
            self.max = max
        }
    }
}

extension StatusDocument {
    /// The document as one line of JSON; names as in docs/metrics.md where both have them.
    package func json() -> [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.field("product", "ballast")
            $0.field("version", version)
            $0.field("uptime_seconds", uptime)
            $0.field("ready", ready)
            $0.array("degraded") { for reason in degraded { $0.value(reason) } }
            $0.field("workers", workers)
            $0.field("cpu_limit_cores", cpuLimitCores)
            $0.field("cpu_throttled_seconds", cpuThrottled)
            $0.field("demo", isDemo)
            $0.array("loads") { for load in loads { load.write(to: &$0) } }
        }
        return json.bytes
    }
}

extension LoadStatus {
    fileprivate func write(to json: inout JSONWriter) {
        json.object {
            $0.field("name", name)
            $0.field("target", target)
            $0.field("state", state)
            $0.field("transport", transport)
            $0.field("transport_reason", transportReason)
            $0.field("pacing", pacing)
            $0.field("workers", workers)
            $0.field("intended_rate", intendedRate)
            $0.field("intended", intended)
            $0.field("sent", sent)
            $0.field("in_flight", inFlight)
            $0.field("backlog", backlog)
            $0.field("ok_share", okShare)
            $0.object("connections") {
                $0.field("connecting", connections.connecting)
                $0.field("idle", connections.idle)
                $0.field("active", connections.active)
            }
            $0.object("dropped") { for reason in dropped { $0.field(reason.name, reason.count) } }
            $0.array("outcomes") { for outcome in outcomes { outcome.write(to: &$0) } }
            $0.object("response_time_seconds") { responseTime.write(to: &$0) }
            $0.object("service_time_seconds") { serviceTime.write(to: &$0) }
            $0.object("start_delay_seconds") { startDelay.write(to: &$0) }
            $0.field("end_clock", endClock)
        }
    }
}

extension LoadStatus.OutcomeStatus {
    fileprivate func write(to json: inout JSONWriter) {
        json.object {
            $0.field("name", name)
            $0.field("count", count)
            $0.field("last_error", lastError)
            $0.field("last_error_age_seconds", lastErrorAge)
        }
    }
}

extension LoadStatus.Times {
    fileprivate func write(to json: inout JSONWriter) {
        sinceStart.write(to: &json)
        json.object("last_minute") { lastMinute.write(to: &$0) }
        json.object("last_ten_minutes") { lastTenMinutes.write(to: &$0) }
    }
}

extension LoadStatus.Quantiles {
    fileprivate func write(to json: inout JSONWriter) {
        json.field("p50", p50)
        json.field("p90", p90)
        json.field("p99", p99)
        json.field("max", max)
    }
}
