import Config
import Measure
import Reactor
import Time
import Transport

/// The worker threads and the ways to reach them.
final class WorkerCrew: EventHandler {
    /// What a worker tells the main thread.
    enum Message: Sendable {
        case drained
        case failed(load: Int, Outcome, text: String)
    }

    private let mailboxes: [Mailbox<WorkerCommand>]
    /// What each worker tells of itself, by its number.
    let cells: [WorkerCell]
    private let messages: Mailbox<Message>
    private var threads: [Thread] = []
    private var drained = 0
    private unowned let generator: Generator
    private let onDrained: () -> Void

    /// What one worker thread is built from.
    private struct Blueprint: Sendable {
        let number: Int
        let cell: WorkerCell
        let mailbox: Mailbox<WorkerCommand>
        let messages: Mailbox<Message>
        let loads: [LoadShare?]
    }

    /// One load's part on one worker.
    struct LoadShare: Sendable {
        let plan: LoadPlan
        let index: Int
        let options: TransportOptions
        let cell: LoadCell
        let request: RenderedRequest
        /// Of the whole load; `max` is endless.
        let requestsMax: UInt64
    }

    /// - Parameter onDrained: called when every worker has nothing left in flight.
    init(
        _ generator: Generator, loop: EventLoop, onDrained: @escaping () -> Void
    ) throws(SystemError) {
        self.generator = generator
        self.onDrained = onDrained
        var boxes: [Mailbox<WorkerCommand>] = []
        for _ in 0..<generator.plan.workerCount { boxes.append(try Mailbox()) }
        mailboxes = boxes
        cells = boxes.map { _ in WorkerCell() }
        messages = try Mailbox()
        let owner = loop.attach(self)
        try loop.register(messages.descriptor, .input, owner: owner, key: EventKey(index: 0))
        for number in mailboxes.indices {
            let shares = generator.controls.map { control -> LoadShare? in
                control.plan.workers.firstIndex(of: number).map {
                    var options = control.plan.transportOptions(index: $0)
                    if !generator.options.receivesLate { options.receivesLate = false }
                    return LoadShare(
                        plan: control.plan, index: $0, options: options, cell: control.cells[$0],
                        request: generator.requests[control.index],
                        requestsMax: generator.options.requestsMax ?? .max)
                }
            }
            let blueprint = Blueprint(
                number: number, cell: cells[number], mailbox: mailboxes[number],
                messages: messages, loads: shares)
            threads.append(try Thread(name: "worker-\(number)") { WorkerCrew.work(blueprint) })
        }
    }

    /// The whole life of a worker thread: everything that it uses is built here.
    private static func work(_ blueprint: Blueprint) {
        do {
            let context = TransportContext(loop: try EventLoop())
            let messages = blueprint.messages
            let runners = blueprint.loads.enumerated().map { number, share -> LoadRunner? in
                guard let share else { return nil }
                return LoadRunner(share, number: number, context: context, messages: messages)
            }
            Clock.sharpenTimers()
            blueprint.cell.thread.set(Int64(Thread.number))
            let ground = try LoopGround(context, blueprint.mailbox)
            let worker = Worker(
                ground: ground, cell: blueprint.cell, runners: runners,
                onDrained: { messages.send(.drained) })
            worker.run()
        } catch {
            preconditionFailure("a worker could not be set up: \(error)")
        }
    }

    // MARK: Mail

    func send(_ command: WorkerCommand, to control: LoadControl) {
        for worker in control.plan.workers { mailboxes[worker].send(command) }
    }

    func sendToAll(_ command: WorkerCommand) {
        for mailbox in mailboxes { mailbox.send(command) }
    }

    /// Stops all loads, at an instant that no worker has overrun.
    /// - Returns: the instant.
    func stop() -> Instant { Mailbox.announce(to: mailboxes) { .stop(at: $0) } }

    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        for message in messages.drain() {
            switch message {
            case .failed(let load, let outcome, let text):
                generator.failed(generator.controls[load], outcome, text)
            case .drained:
                drained += 1
                if drained == mailboxes.count { onDrained() }
            }
        }
    }

    func join() {
        sendToAll(.exit)
        for thread in threads { thread.join() }
        threads = []
    }

    /// - Returns: whether all of them ended in time.
    func join(until instant: Instant) -> Bool {
        sendToAll(.exit)
        threads.removeAll { $0.join(until: instant) }
        return threads.isEmpty
    }
}

extension LoadRunner {
    fileprivate convenience init(
        _ share: WorkerCrew.LoadShare, number: Int, context: TransportContext,
        messages: Mailbox<WorkerCrew.Message>
    ) {
        let options = share.options
        let transport: any HTTPTransport
        switch share.plan.settings.transportChoice.choice {
        case .direct:
            transport = DirectTransport(
                options, load: UInt16(number), request: share.request, context: context)
        case .curl:
            transport = CurlTransport(
                options, CurlOptions(share.plan.settings), load: UInt16(number),
                request: share.request, context: context)
        }
        self.init(
            plan: share.plan, index: share.index, requestsMax: share.requestsMax, cell: share.cell,
            transport: transport, receivesLate: options.receivesLate
        ) { outcome, text in messages.send(.failed(load: number, outcome, text: text)) }
    }
}
