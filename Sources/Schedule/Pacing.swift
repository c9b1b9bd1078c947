package import Time

/// When a due arrival may be sent: at its own instant, or at the next instant of a grid, which saves wake-ups.
package enum Pacing: Hashable, Sendable {
    case precise
    case grid(Nanoseconds)

    /// The gauge `pacing_grid_seconds`: zero is precise.
    package var grid: Nanoseconds {
        switch self {
        case .precise: .zero
        case .grid(let step): step
        }
    }

    /// Above this rate per worker, `auto` takes the grid: a wake-up for each arrival would cost more than the arrival.
    package static let preciseRateMax: UInt64 = 2_000
    package static let automaticGrid = Nanoseconds.microseconds(500)

    /// What `pacing: auto` means for a load of this peak rate, split over so many workers.
    package static func automatic(peak: Rate, workers: Int) -> Pacing {
        let limit = Rate(requests: preciseRateMax * UInt64(workers), per: .seconds(1))!
        return peak <= limit ? .precise : .grid(automaticGrid)
    }

    /// The instant at or after `time` at which worker k of W may send: (k/W + i) x grid, so that workers take turns
    /// within a step.
    func roundUp(_ time: Nanoseconds, worker: Int, of workers: Int) -> Nanoseconds {
        guard case .grid(let step) = self else { return time }
        let offset = step.count * Int64(worker) / Int64(workers)
        guard time.count > offset else { return Nanoseconds(offset) }
        let steps = (time.count - offset + step.count - 1) / step.count
        return Nanoseconds(offset + steps * step.count)
    }

    /// The last instant at or before `time` at which worker k of W may send; nil before its first.
    func roundDown(_ time: Nanoseconds, worker: Int, of workers: Int) -> Nanoseconds? {
        guard case .grid(let step) = self else { return time.count >= 0 ? time : nil }
        let offset = step.count * Int64(worker) / Int64(workers)
        guard time.count >= offset else { return nil }
        return Nanoseconds(offset + (time.count - offset) / step.count * step.count)
    }
}
