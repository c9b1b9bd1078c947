import Config
import Reactor
import Time
import Transport

/// Renders a load's request anew when a file that it refers to changes. It looks once a second, which is always right:
/// a rotated secret is a new file behind a link, and events about those get lost.
final class SecretWatch {
    private static let interval = Nanoseconds.seconds(1)

    private unowned let generator: Generator
    private let loop: EventLoop
    private var signatures: [String: FileSignature?] = [:]

    init(_ generator: Generator, loop: EventLoop) {
        self.generator = generator
        self.loop = loop
        let files = Set(generator.configuration.loads.flatMap(\.secretFiles))
        guard !files.isEmpty else { return }
        for file in files { signatures[file] = FileSignature(of: file) }
        // What changed between the rendering and now is found out by rendering once more.
        loop.schedule(at: Clock.now()) { [weak self] _ in self?.renewAll { _ in true } }
    }

    private func look() {
        var changed: Set<String> = []
        for (file, known) in signatures {
            let signature = FileSignature(of: file)
            if signature != known {
                signatures[file] = signature
                changed.insert(file)
            }
        }
        renewAll { load in load.secretFiles.contains { changed.contains($0) } }
    }

    private func renewAll(where isAffected: (LoadSettings) -> Bool) {
        for control in generator.controls where isAffected(control.plan.settings) {
            do {
                generator.renew(control, try generator.renderers[control.index].render())
            } catch {
                // The last good request goes on being sent, and the next look tries again.
                for file in control.plan.settings.secretFiles { signatures[file] = .some(nil) }
                if generator.isDue("\(control.index) secret") {
                    generator.announce(
                        .secretUnreadable(load: control.name, reason: error.reason))
                }
            }
        }
        loop.schedule(at: Clock.now() + Self.interval) { [weak self] _ in self?.look() }
    }
}
