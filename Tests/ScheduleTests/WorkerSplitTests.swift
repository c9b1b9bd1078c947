import Properties
import Schedule
import Testing
import Time

@Suite struct WorkerSplitTests {
    private func randomSchedule(
        _ random: inout Seeded, pacing: Pacing, process: ArrivalProcess, workers: Int
    ) throws -> Schedule {
        Schedule(
            shape: .constant(try randomRate(&random)), process: process, pacing: pacing,
            workers: workers)
    }

    @Test(arguments: [ArrivalProcess.uniform, .poisson(seed: 7), .poisson(seed: .max)])
    func `workers together are exactly the single stream`(process: ArrivalProcess) throws {
        var random = Seeded()
        for workers in 1...5 {
            let rate = try randomRate(&random)
            func schedule(_ workers: Int) -> Schedule {
                Schedule(
                    shape: .constant(rate), process: process, pacing: .precise, workers: workers)
            }
            var single = schedule(1).cursor(worker: 0)
            var cursors = (0..<workers).map { schedule(workers).cursor(worker: $0) }
            for n in 0..<300 {
                let worker = n % workers
                #expect(cursors[worker].index == single.index, "\(random)")
                #expect(cursors[worker].intendedStart == single.intendedStart, "\(random)")
                cursors[worker].advance()
                single.advance()
            }
        }
    }

    @Test(arguments: [ArrivalProcess.uniform, .poisson(seed: 7)])
    func `on a grid each worker rounds up to its own place in the step`(
        process: ArrivalProcess
    ) throws {
        var random = Seeded()
        for _ in 0..<40 {
            let workers = random.int(1...7)
            let step = Int64(random.magnitude(1_000, 50_000_000))
            let rate = try randomRate(&random)
            func schedule(_ pacing: Pacing, _ workers: Int) -> Schedule {
                Schedule(
                    shape: .constant(rate), process: process, pacing: pacing, workers: workers)
            }
            var exact = schedule(.precise, 1).cursor(worker: 0)
            var cursors = (0..<workers).map {
                schedule(.grid(Nanoseconds(step)), workers).cursor(worker: $0)
            }
            for n in 0..<100 {
                let worker = n % workers
                let start = cursors[worker].intendedStart.count
                let offset = step * Int64(worker) / Int64(workers)
                #expect((start - offset) % step == 0, "\(random): off the grid")
                #expect(start >= exact.intendedStart.count, "\(random): rounded down")
                #expect(
                    start - exact.intendedStart.count < step || start == offset,
                    "\(random): more than a step late")
                cursors[worker].advance()
                exact.advance()
            }
        }
    }

    @Test func `the intended count agrees with the cursors`() throws {
        var random = Seeded()
        for _ in 0..<150 {
            let process = random.pick([ArrivalProcess.uniform, .poisson(seed: random.next())])
            let pacing = random.pick([
                Pacing.precise, .grid(Nanoseconds(Int64(random.magnitude(1_000, 1e9)))),
            ])
            let schedule = try randomSchedule(
                &random, pacing: pacing, process: process, workers: random.int(1...6))
            var cursors = (0..<schedule.workers).map { schedule.cursor(worker: $0) }
            var counter = IntendedCounter(schedule)
            let period = 1e9 / schedule.shape.peak.perSecond
            var time = Nanoseconds.zero
            var passed: UInt64 = 0
            for _ in 0..<20 {
                time = time + Nanoseconds(Int64(random.magnitude(1, 40 * period)))
                for worker in cursors.indices {
                    while cursors[worker].intendedStart <= time {
                        passed += 1
                        cursors[worker].advance()
                    }
                }
                #expect(
                    counter.count(through: time) == passed, "\(random): \(schedule) at \(time)")
            }
        }
    }

    /// Every arrival of the single stream, rounded up to its worker's place by the definition, and counted one by one.
    @Test func `the intended count is the number of rounded starts that have come`() throws {
        var random = Seeded()
        for _ in 0..<200 {
            let rate = try randomRate(&random)
            let period = 1e9 / rate.perSecond
            let step = Int64(random.magnitude(1_000, Swift.max(2_000, 100 * period)))
            let isPrecise = random.int(0...4) == 0
            let workers = random.int(1...8)
            let process = random.pick([ArrivalProcess.uniform, .poisson(seed: random.next())])
            var counter = IntendedCounter(
                Schedule(
                    shape: .constant(rate), process: process,
                    pacing: isPrecise ? .precise : .grid(Nanoseconds(step)), workers: workers))
            var exact = Schedule(
                shape: .constant(rate), process: process, pacing: .precise, workers: 1
            ).cursor(worker: 0)
            let starts = (0..<400).map { n -> Int64 in
                defer { exact.advance() }
                let time = exact.intendedStart.count
                let offset = step * Int64(n % workers) / Int64(workers)
                let steps = Swift.max(0, (time - offset + step - 1) / step)
                return isPrecise ? time : offset + steps * step
            }
            // A reading is right on a start, a moment beside one, or anywhere; all of them before the last arrivals.
            let end = exact.intendedStart.count - 2 * step
            let readings = (0..<40).map { _ in
                let any = random.pick(starts + [Int64(random.magnitude(1, 300 * period))])
                return any + Int64(random.int(-1...1))
            }
            for reading in readings.sorted() where reading < end {
                let count = counter.count(through: Nanoseconds(reading))
                let expected = starts.count { $0 <= reading }
                #expect(count == expected, "\(random): \(rate) \(process) \(step) at \(reading)")
                guard process != .uniform else { continue }
                #expect(counter.settled <= count, "\(random)")
                let surely = starts.count { $0 <= reading - step }
                #expect(counter.settled >= surely, "\(random): would be added up again")
            }
        }
    }

    @Test func `counting in one leap or in many small steps gives the same`() throws {
        var random = Seeded()
        for _ in 0..<50 {
            let schedule = try randomSchedule(
                &random, pacing: random.pick([.precise, .grid(.microseconds(500))]),
                process: random.pick([.uniform, .poisson(seed: 3)]), workers: random.int(1...3))
            let period = 1e9 / schedule.shape.peak.perSecond
            let end = Int64(random.magnitude(1, 500 * period))
            var steps = IntendedCounter(schedule)
            var leap = IntendedCounter(schedule)
            for step in 0..<10 as Range<Int64> {
                _ = steps.count(through: Nanoseconds(end / 10 * step))
            }
            #expect(
                steps.count(through: Nanoseconds(end)) == leap.count(through: Nanoseconds(end)),
                "\(random)")
        }
    }
}

@Suite struct PacingTests {
    @Test func `automatic pacing takes the grid above two thousand a second per worker`() throws {
        func pacing(_ rate: UInt64, workers: Int) throws -> Pacing {
            .automatic(
                peak: try #require(Rate(requests: rate, per: .seconds(1))), workers: workers)
        }
        #expect(try pacing(2_000, workers: 1) == .precise)
        #expect(try pacing(2_001, workers: 1) == .grid(.microseconds(500)))
        #expect(try pacing(4_000, workers: 2) == .precise)
        #expect(try pacing(4_001, workers: 2) == .grid(.microseconds(500)))
    }

    @Test func `the gauge shows the grid in seconds and zero for precise`() {
        #expect(Pacing.precise.grid == .zero)
        #expect(Pacing.grid(.microseconds(500)).grid.seconds == 0.0005)
    }
}
