import Reactor
import Time
import Transport

/// Keeps the addresses of all loads that name a host: asks the resolver thread, hands its answers on.
final class AddressDirectory: EventHandler {
    private let answers: Mailbox<Resolver.Answer>
    private let loads: [Resolver.Query: [LoadControl]]
    private let onAnswer: (LoadControl, Resolver.Answer) -> Void
    private var resolver: Resolver?

    init(
        _ controls: [LoadControl], loop: EventLoop,
        onAnswer: @escaping (LoadControl, Resolver.Answer) -> Void
    ) throws(SystemError) {
        self.onAnswer = onAnswer
        answers = try Mailbox()
        var loads: [Resolver.Query: [LoadControl]] = [:]
        for control in controls {
            if case .name(let query) = control.endpoint {
                loads[query, default: []].append(control)
            }
        }
        self.loads = loads
        guard !loads.isEmpty else { return }
        let owner = loop.attach(self)
        try loop.register(answers.descriptor, .input, owner: owner, key: EventKey(index: 0))
        resolver = try Resolver(Array(loads.keys), answers: answers)
    }

    func ready(_ key: EventKey, _ readiness: Readiness, now: Instant) {
        for answer in answers.drain() {
            for control in loads[answer.query] ?? [] { onAnswer(control, answer) }
        }
    }
}
