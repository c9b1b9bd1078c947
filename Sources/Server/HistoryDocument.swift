import JSON

/// What `/api/v1/history` says: a point a second of each load, from which the page draws its charts.
package struct HistoryDocument: Hashable, Sendable {
    package struct Point: Hashable, Sendable {
        /// Whole seconds since the start, at the end of the second that it tells of.
        package var second: UInt32
        package var intended: UInt32
        package var sent: UInt32
        package var ok: UInt32
        package var failed: UInt32
        package var dropped: UInt32
        /// p50 and p99 of response time, then of service time, in microseconds; nil where nothing ended.
        package var times: [Int?]

        package init(
            second: UInt32, intended: UInt32, sent: UInt32, ok: UInt32, failed: UInt32,
            dropped: UInt32, times: [Int?]
        ) {
            self.second = second
            self.intended = intended
            self.sent = sent
            self.ok = ok
            self.failed = failed
            self.dropped = dropped
            self.times = times
        }
    }

    package struct Load: Hashable, Sendable {
        package var name: String
        /// From the oldest on.
        package var points: [Point]

        package init(name: String, points: [Point]) {
            self.name = name
            self.points = points
        }
    }

    package var loads: [Load]

    package init(loads: [Load]) { self.loads = loads }

    /// The members of a point, in their order: lists are a third of what objects would be.
    static let columns = [
        "second", "intended", "sent", "ok", "failed", "dropped", "response_p50_us",
        "response_p99_us", "service_p50_us", "service_p99_us",
    ]

    package func json() -> [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.array("columns") { json in Self.columns.forEach { json.value($0) } }
            $0.array("loads") { json in
                for load in loads {
                    json.object {
                        $0.field("name", load.name)
                        $0.array("points") { json in
                            for point in load.points { point.write(to: &json) }
                        }
                    }
                }
            }
        }
        return json.bytes
    }
}

extension HistoryDocument.Point {
    fileprivate func write(to json: inout JSONWriter) {
        json.array {
            for count in [second, intended, sent, ok, failed, dropped] { $0.value(count) }
            for time in times {
                if let time { $0.value(time) } else { $0.null() }
            }
        }
    }
}
