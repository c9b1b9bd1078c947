import Config
import Engine
import Measure
import Reactor
import System
import Time
import Transport

/// One line on the terminal that shows a load at work, drawn anew four times a second.
final class LiveLine {
    private static let interval = Nanoseconds.milliseconds(250)
    /// Drawings in the window that the actual rate is taken from.
    private static let window = 4

    private let generator: Generator
    private let report: Report
    private let loop: EventLoop
    private let style: Style
    private var samples: [(at: Instant, sent: UInt64)] = []
    private var isDrawn = false
    private var isOver = false

    var length: Nanoseconds?
    var requestsMax: UInt64?
    /// Whether times and failures are those of the last seconds instead of the whole run's.
    var isRecent = false
    private var history: [Moment] = []
    private var slowest: [Nanoseconds?] = []
    private var drawings = 0

    /// Totals at one drawing.
    private struct Moment {
        var response: FineSnapshot
        var completed: UInt64
        var failed: UInt64
        var dropped: UInt64
    }

    init(_ generator: Generator, _ report: Report, style: Style, loop: EventLoop) {
        self.generator = generator
        self.report = report
        self.style = style
        self.loop = loop
    }

    func start() {
        loop.schedule(at: Clock.now() + Self.interval) { [weak self] _ in
            guard let self, !isOver else { return }
            draw()
            start()
        }
    }

    /// Takes the line away for good.
    func clear() {
        isOver = true
        hide()
    }

    /// Makes room for what is written next; the line comes back below that.
    func hide() {
        if isDrawn { StandardStream.error.write("\r\u{1B}[K") }
    }

    private func draw() {
        isDrawn = true
        let text = ProgressLine.text(reading(), style)
        StandardStream.error.write("\r\(text)\u{1B}[K")
    }

    private func reading() -> ProgressReading {
        report.refresh()
        let load = report.loads[0]
        let now = report.readAt
        samples.append((now, load.sent))
        if samples.count > Self.window + 1 { samples.removeFirst() }
        var reading = ProgressReading()
        reading.target = load.plan.settings.target.authority
        reading.isWaiting = load.state == .waiting
        reading.elapsed = load.elapsed
        reading.length = length
        reading.requestsMax = requestsMax
        reading.intended = load.intended
        reading.intendedRate = load.intendedRate
        let isFirst = samples.count == 1
        let span = isFirst ? load.elapsed.seconds : (now - samples[0].at).seconds
        let sent = isFirst ? load.sent : load.sent - samples[0].sent
        if span > 0 { reading.rate = Double(sent) / span }
        reading.inFlight = Int64(load.inFlight)
        measure(&reading, load)
        return reading
    }

    private func measure(_ reading: inout ProgressReading, _ load: LoadReport) {
        var moment = Moment(
            response: report.quantiles(ofLoad: 0).response, completed: load.completed,
            failed: load.completed - min(load.completed, load.count(.ok)),
            dropped: load.droppedTotal)
        if isRecent {
            history.append(moment)
            // Five seconds; the row of bars gets a new one every second.
            if history.count > 20 { history.removeFirst() }
            let last = history[max(0, history.count - Self.window)]
            drawings += 1
            if drawings % Self.window == 0 {
                slowest.append(moment.response.since(last.response).quantile(0.99))
                if slowest.count > 24 { slowest.removeFirst() }
            }
            moment.response = moment.response.since(history[0].response)
            moment.completed -= history[0].completed
            moment.failed -= history[0].failed
            moment.dropped -= history[0].dropped
        }
        reading.completed = moment.completed
        reading.p50 = moment.response.quantile(0.5)
        reading.p99 = moment.response.quantile(0.99)
        reading.failed = moment.failed
        reading.dropped = moment.dropped
        reading.slowest = slowest
    }
}
