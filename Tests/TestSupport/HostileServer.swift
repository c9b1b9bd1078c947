import Foundation
import Glibc

/// A scripted TCP server on a free loopback port. Each accepted connection runs the script on a thread of its own, with
/// plain blocking sockets, and the server remembers what it saw. `stop` ends every thread, whatever a script waits for.
package final class HostileServer: @unchecked Sendable {
    package typealias Script = @Sendable (HostileConnection) throws(Hangup) -> Void

    /// What the clients did, as seen from here.
    package struct Sightings: Sendable {
        package var connections = 0
        package var open = 0
        package var mostOpen = 0
        package var requests: [HostileRequest] = []
        /// The connection's number for each of `requests`.
        package var carriers: [Int] = []
        package var bytesReceived = 0
        /// How often bytes were handed to the kernel.
        package var sends = 0
        /// When the last bytes were handed to the kernel, on the monotonic clock.
        package var lastSend: Int64 = 0
    }

    package let port: UInt16
    /// Of a server that listens on a Unix socket.
    package let path: String?
    private let listener: Int32
    private let condition = NSCondition()
    private var sightings = Sightings()
    private var sockets: Set<Int32> = []
    private var liveThreads = 0
    private var isStopping = false

    /// - Parameters:
    ///   - ip: a loopback address.
    ///   - port: 0 picks a free one.
    ///   - unix: a path to listen on instead.
    ///   - backlog: as of `listen`.
    ///   - script: nil accepts nothing.
    package init(
        ip: String = "127.0.0.1", port: UInt16 = 0, unix: String? = nil, backlog: Int32 = 128,
        _ script: Script?
    ) throws {
        path = unix
        listener =
            try unix.map { try Sockets.listen(unix: $0, backlog: backlog) }
            ?? Sockets.listen(ip: ip, port: port, backlog: backlog)
        self.port = unix == nil ? try Sockets.port(of: listener) : 0
        if let script { launch { server in server.acceptLoop(script) } }
    }

    /// What was seen so far.
    package var seen: Sightings { condition.withLock { sightings } }

    /// Waits until something was seen.
    /// - Returns: false when it was not within five seconds.
    package func waits(for isSeen: (Sightings) -> Bool) -> Bool {
        let limit = Date() + 5
        condition.lock()
        defer { condition.unlock() }
        while !isSeen(sightings) { if !condition.wait(until: limit) { return isSeen(sightings) } }
        return true
    }

    /// Closes the listening socket: further connects are refused.
    package func stopListening() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// Ends all connections and threads.
    package func stop() {
        condition.lock()
        isStopping = true
        for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        condition.broadcast()
        condition.unlock()
        shutdown(listener, Int32(SHUT_RDWR))
        condition.lock()
        while liveThreads > 0 { condition.wait() }
        condition.unlock()
        close(listener)
        if let path { unsafe unlink(path) }
    }

    // MARK: Threads

    private func launch(_ body: @escaping @Sendable (HostileServer) -> Void) {
        condition.withLock { liveThreads += 1 }
        Foundation.Thread.detachNewThread {
            body(self)
            self.condition.withLock {
                self.liveThreads -= 1
                self.condition.broadcast()
            }
        }
    }

    private func acceptLoop(_ script: @escaping Script) {
        while true {
            let socket = accept(listener, nil, nil)
            guard socket >= 0 else { return }
            Sockets.prepare(socket)
            guard let number = admitted(socket) else {
                close(socket)
                return
            }
            launch { server in
                let connection = HostileConnection(socket, number: number, server: server)
                do { try script(connection) } catch {}
                server.dismiss(socket, reset: connection.endsWithReset)
            }
        }
    }

    private func admitted(_ socket: Int32) -> Int? {
        condition.withLock {
            guard !isStopping else { return nil }
            sockets.insert(socket)
            sightings.connections += 1
            sightings.open += 1
            sightings.mostOpen = max(sightings.mostOpen, sightings.open)
            condition.broadcast()
            return sightings.connections - 1
        }
    }

    /// Closes while holding the lock, so that `stop` never shuts down a number that means another socket by then.
    private func dismiss(_ socket: Int32, reset: Bool) {
        condition.withLock {
            guard sockets.remove(socket) != nil else { return }
            sightings.open -= 1
            if reset { Sockets.resetOnClose(socket) }
            close(socket)
            condition.broadcast()
        }
    }

    // MARK: For connections

    func note(_ change: (inout Sightings) -> Void) {
        condition.withLock {
            change(&sightings)
            condition.broadcast()
        }
    }

    /// Sleeps unless the server stops first.
    func sleep(milliseconds: Int) throws(Hangup) {
        let limit = Date() + Double(milliseconds) / 1_000
        condition.lock()
        defer { condition.unlock() }
        while !isStopping, condition.wait(until: limit) {}
        if isStopping { throw Hangup() }
    }
}

/// The peer has gone, or the server stops: a script ends.
package struct Hangup: Error {
    package init() {}
}

/// One request as it came over the wire.
package struct HostileRequest: Sendable {
    /// From the method to the empty line.
    package var head: String
    package var bodyBytes: Int

    /// `GET /path`.
    package var start: String {
        head.split(separator: " ", maxSplits: 2).prefix(2).joined(separator: " ")
    }

    package func header(_ name: String) -> String? {
        for line in head.components(separatedBy: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == name.lowercased() {
                return parts[1].trimmingCharacters(in: .whitespaces)
            }
        }
        return nil
    }
}
