import TestSupport
import Testing
import Time
import Transport

/// However an answer is cut into segments, both transports read the same from it.
struct SplitTests {
    static let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5;x=y\r\nhello\r\n0\r\nDigest: a\r\n\r\n",
    ]

    @Test(arguments: TransportKind.allCases, answers)
    func `an answer split at any byte is ok`(_ kind: TransportKind, _ answer: String) throws {
        let count = answer.utf8.count
        try withServer({ connection throws(Hangup) in
            for place in 1..<count {
                try connection.readRequest()
                try connection.send(answer, splitAt: place)
            }
            try connection.hang()
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            var sizes: Set<Int> = []
            for place in 1..<count {
                let one = try harness.exchange()
                #expect(one.outcome == .ok, "split at \(place)")
                #expect(one.status == 200)
                sizes.insert(one.bytesReceived)
            }
            #expect(sizes.count == 1)
            #expect(server.seen.connections == 1)
        }
    }

    @Test(arguments: TransportKind.allCases, answers)
    func `an answer byte by byte is ok`(_ kind: TransportKind, _ answer: String) throws {
        try withServer({ connection throws(Hangup) in
            while true {
                try connection.readRequest()
                for byte in answer.utf8 {
                    try connection.send([byte])
                    try connection.pause(milliseconds: 0)
                }
            }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            for _ in 0..<2 { #expect(try harness.exchange().outcome == .ok) }
            #expect(server.seen.connections == 1)
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `a head in many pieces may be long`(_ kind: TransportKind) throws {
        let filler = String(repeating: "x", count: 1_000)
        try withServer({ connection throws(Hangup) in
            while true {
                try connection.readRequest()
                try connection.send("HTTP/1.1 200 OK\r\n")
                for number in 0..<40 { try connection.send("X-\(number): \(filler)\r\n") }
                try connection.send("Content-Length: 2\r\n\r\nok")
            }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            for _ in 0..<2 {
                let one = try harness.exchange()
                #expect(one.outcome == .ok)
                #expect(one.bytesReceived > 40_000)
            }
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `a head without end is a protocol error`(_ kind: TransportKind) throws {
        let filler = String(repeating: "x", count: 160_000)
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            if connection.number > 0 { return try connection.serve(plainAnswer) }
            try connection.send("HTTP/1.1 200 OK\r\nX: \(filler)")
            try connection.hang()
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            let one = try harness.exchange()
            #expect(one.outcome == .protocolError, "\(harness.transport.describe(one))")
        }
    }

    @Test(arguments: TransportKind.allCases)
    func `a head of endless lines is a protocol error`(_ kind: TransportKind) throws {
        let line = "X: \(String(repeating: "x", count: 1_000))\r\n"
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            if connection.number > 0 { return try connection.serve(plainAnswer) }
            try connection.send("HTTP/1.1 200 OK\r\n")
            for _ in 0..<400 { try connection.send(line) }
            try connection.hang()
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            let one = try harness.exchange()
            #expect(one.outcome == .protocolError, "\(harness.transport.describe(one))")
        }
    }

    @Test(arguments: TransportKind.allCases, [true, false])
    func `large answers pass under the cap`(_ kind: TransportKind, _ isChunked: Bool) throws {
        let size = 1 << 20
        let body = [UInt8](repeating: 0x61, count: size)
        try withServer({ connection throws(Hangup) in
            while true {
                try connection.readRequest()
                guard isChunked else {
                    try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
                    try connection.send(body)
                    continue
                }
                try connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for start in stride(from: 0, to: size, by: 1 << 14) {
                    try connection.send("4000\r\n")
                    try connection.send(Array(body[start..<start + 1 << 14]))
                    try connection.send("\r\n")
                }
                try connection.send("0\r\n\r\n")
            }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            for _ in 0..<2 {
                let one = try harness.exchange()
                #expect(one.outcome == .ok)
                #expect(one.bytesReceived > size)
            }
            #expect(server.seen.connections == 1)
        }
    }

    @Test(arguments: TransportKind.allCases, ["Content-Length: 2097152\r\n", ""])
    func `an answer above the cap ends as body_limit`(
        _ kind: TransportKind, _ field: String
    ) throws {
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            if connection.number > 0 {
                try connection.send(plainAnswer)
                return try connection.serve(plainAnswer)
            }
            try connection.send("HTTP/1.1 200 OK\r\n\(field)\r\n")
            for _ in 0..<128 { try connection.send([UInt8](repeating: 0x61, count: 1 << 14)) }
        }) { server in
            let harness = try TransportHarness(kind, port: server.port)
            let one = try harness.exchange()
            #expect(one.outcome == .bodyLimit)
            #expect(one.status == 200)
            #expect(one.bytesReceived > 1 << 20)
            #expect(try harness.exchange().outcome == .ok)
            #expect(server.seen.connections == 2)
        }
    }
}
