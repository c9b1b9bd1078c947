import Glibc
import Synchronization

// A judge of send times: an HTTP server that never sleeps. It looks at every connection in turn,
// notes when each request came (CLOCK_MONOTONIC, ns) and answers at once. At SIGTERM it writes one
// line per request, in order of arrival: `<nanoseconds> <connection>`.
//
//     PollingTarget PORT LOG [GREATEST-NUMBER-OF-REQUESTS]

let stopped = Atomic<Bool>(false)

func fail(_ message: String) -> Never {
    let line = Array("PollingTarget: \(message)\n".utf8)
    unsafe write(STDERR_FILENO, line, line.count)
    exit(2)
}

func run() {
    let arguments = CommandLine.arguments
    guard (3...4).contains(arguments.count), let port = UInt16(arguments[1]),
        let room = Int(arguments.count == 4 ? arguments[3] : "2000000"), room > 0
    else { fail("usage: PollingTarget PORT LOG [GREATEST-NUMBER-OF-REQUESTS]") }

    signal(SIGTERM) { _ in stopped.store(true, ordering: .relaxed) }
    signal(SIGPIPE, SIG_IGN)
    var log = ArrivalLog(room: room)
    var server = PollingServer(listener: listen(onLoopback: port))
    while !stopped.load(ordering: .relaxed), !log.isFull {
        server.acceptOne()
        server.poll { connection, count in log.note(connection, count) }
    }
    guard log.write(to: arguments[2]) else { fail("cannot write \(arguments[2])") }
}

run()
