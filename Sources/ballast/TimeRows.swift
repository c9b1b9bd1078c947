import Measure
import Time

/// Response times in a few rows whose bounds grow by a constant factor, for a person's eyes.
enum TimeRows {
    struct Row: Equatable {
        var lower: Nanoseconds
        var upper: Nanoseconds
        var count: UInt64
    }

    /// Steps of one decade in hundredths, the finest first.
    private static let scales: [[Int64]] = [
        [100, 125, 160, 200, 250, 315, 400, 500, 630, 800], [100, 160, 250, 400, 630],
        [100, 200, 500], [100],
    ]
    static let rowsMax = 14

    /// The rows from the fastest to the slowest value, empty ones between them included.
    static func rows(_ times: FineSnapshot) -> [Row] {
        let used = times.counts.indices.filter { times.counts[$0] > 0 }
        guard let first = used.first, let last = used.last else { return [] }
        let (least, most) = (FineScale.middle(of: first), FineScale.middle(of: last))
        for scale in scales {
            let edges = edges(scale, from: least, to: most)
            if edges.count - 1 <= rowsMax || scale.count == 1 { return fill(edges, times, used) }
        }
        return []
    }

    /// The last edge at or below `least`, all between, and the first above `most`.
    private static func edges(_ scale: [Int64], from least: Int64, to most: Int64) -> [Int64] {
        var edges: [Int64] = []
        var decade: Int64 = 100
        while true {
            for step in scale {
                let edge = decade * step / 100
                if edge <= least { edges = [edge] } else { edges.append(edge) }
                if edge > most { return edges }
            }
            decade *= 10
        }
    }

    private static func fill(_ edges: [Int64], _ times: FineSnapshot, _ used: [Int]) -> [Row] {
        var rows = zip(edges, edges.dropFirst()).map {
            Row(lower: Nanoseconds($0), upper: Nanoseconds($1), count: 0)
        }
        var index = 0
        for slot in used {
            let middle = FineScale.middle(of: slot)
            while index < rows.count - 1, middle >= rows[index].upper.count { index += 1 }
            rows[index].count += times.counts[slot]
        }
        return rows
    }
}
