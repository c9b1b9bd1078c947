import Config
import Engine
import Logging
import Reactor
import Schedule
import Synchronization
import TestSupport
import Testing
import Time

@testable import ballast

/// The line that a container's log has of each minute.
@Suite struct MinuteLogTests {
    /// Keeps what is logged.
    private struct Keeper: LogHandler {
        final class Lines: Sendable {
            let all = Mutex<[[String: String]]>([])
        }

        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).mapValues { "\($0)" }
            lines.all.withLock { $0.append(fields) }
        }
    }

    @Test func `each line tells what is new since the last`() throws {
        let target = try HostileServer { (client) throws(Hangup) in
            for number in 1... {
                try client.readRequest()
                let status = number % 5 == 0 ? "500 Broken" : "200 OK"
                try client.send("HTTP/1.1 \(status)\r\nContent-Length: 2\r\n\r\nok")
            }
        }
        defer { target.stop() }
        var load = LoadSettings(
            name: "a", target: Target(scheme: .http, host: "127.0.0.1", port: target.port),
            rate: .open(try #require(Rate(requests: 100, per: .seconds(1)))))
        load.limits.connections = 1
        load.limits.late = .seconds(600)
        var configuration = Configuration()
        configuration.loads = [load]
        var options = Generator.Options()
        options.requestsMax = 50
        let loop = try EventLoop()
        let generator = try Generator(configuration, options: options, loop: loop)
        generator.onDrained = { loop.stop() }
        let lines = Keeper.Lines()
        let log = Logger(label: "test") { _ in Keeper(lines: lines) }
        let minute = MinuteLog(Report(generator), log, on: loop)
        minute.write()
        #expect(lines.all.withLock { $0 }.isEmpty, "it does not run yet")
        try generator.start()
        loop.run()
        generator.join()
        minute.write()
        minute.write()
        let all = lines.all.withLock { $0 }
        try #require(all.count == 2)
        #expect(all[0]["load"] == "a" && all[0]["sent"] == "50" && all[0]["dropped"] == "0")
        #expect(all[0]["ok"] == "80%")
        #expect(all[0]["p99"]?.hasSuffix("s") == true)
        #expect(all[1]["sent"] == "0" && all[1]["ok"] == "-", "\(all[1])")
    }
}
