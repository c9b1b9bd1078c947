package import Measure
import Time

extension LoadControl {
    /// All that was recorded since the start; read when asked.
    func readQuantiles() -> LoadQuantiles {
        var quantiles = LoadQuantiles()
        for cell in cells {
            let ok = cell.ok.fineResponse.snapshot()
            quantiles.responseOK.merge(ok)
            quantiles.response.merge(ok)
            cell.failed.fineResponse.add(to: &quantiles.response)
            cell.fineService.add(to: &quantiles.service)
            cell.fineStartDelay.add(to: &quantiles.startDelay)
        }
        return quantiles
    }
}

/// What one load's requests took lately. The main thread cuts it every five seconds, scraped or not.
struct RecentLoadTimes {
    private var response = RecentTimes()
    private var service = RecentTimes()
    private var startDelay = RecentTimes()

    mutating func cut(_ read: () -> LoadQuantiles, at now: Instant) {
        guard response.isDue(at: now) else { return }
        let all = read()
        response.cut(all.response, at: now)
        service.cut(all.service, at: now)
        startDelay.cut(all.startDelay, at: now)
    }

    func windows(_ all: LoadQuantiles, at now: Instant) -> RecentQuantiles {
        func both(_ recent: RecentTimes, _ all: FineSnapshot) -> RecentQuantiles.Windows {
            RecentQuantiles.Windows(
                minute: recent.counts(ofLast: RecentTimes.minute, all, at: now),
                tenMinutes: recent.counts(ofLast: RecentTimes.tenMinutes, all, at: now))
        }
        return RecentQuantiles(
            response: both(response, all.response), service: both(service, all.service),
            startDelay: both(startDelay, all.startDelay))
    }
}

/// The last minute and the last ten minutes of one load.
package struct RecentQuantiles {
    package struct Windows {
        package let minute: StepCounts
        package let tenMinutes: StepCounts
    }

    /// Of all sent requests, whatever their outcome.
    package let response: Windows
    package let service: Windows
    package let startDelay: Windows
}
