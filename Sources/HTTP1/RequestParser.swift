/// Reads HTTP/1.1 requests from bytes that arrive in pieces (RFC 9112). Every byte is judged where
/// it stands, so requests, errors and the count of used bytes are the same for every split of the
/// input.
package struct RequestParser: Sendable {
    package struct Limits: Hashable, Sendable {
        /// Bytes from the request line to the empty line, both included; more is 431.
        package var head = 8_192
        /// Bytes of the request target; more is 414.
        package var target = 4_096
        /// Bytes of a body; more is 413.
        package var body = 0
        /// Whether chunked bodies are read; otherwise `Transfer-Encoding` is 501.
        package var chunked = false
        /// Whether `HTTPRequest.body` holds the bytes; otherwise they are counted and forgotten.
        package var keepsBody = false

        package init() {}
    }

    package enum Step: Hashable, Sendable {
        /// All bytes were used and more are needed.
        case incomplete
        /// The client waits for `100 Continue` before it sends its body. Answer it, unless body
        /// bytes are there already, and go on.
        case expectsContinue
        /// One request; the parser is ready for the next one.
        case complete(HTTPRequest)
        /// The connection cannot be used any more; every further call answers the same.
        case failed(RequestError)
    }

    private enum State: Hashable, Sendable {
        case requestLine, headers
        case fixedBody(left: Int)
        case chunkSize
        case chunkData(left: Int)
        case chunkEnd
        case trailers
        case failed(RequestError)
    }

    package let limits: Limits
    private var state = State.requestLine
    /// The line being received, without its end.
    private var line: [UInt8] = []
    private var headLength = 0
    private var afterCarriageReturn = false
    /// Index of the first blank in the request line.
    private var targetStart: Int?
    private var request = HTTPRequest(method: "", target: "")

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Reads on until one request is complete, something is wrong, or the bytes are used up.
    /// - Returns: how many of the bytes were used, and what the last of them brought.
    package mutating func consume(_ bytes: ArraySlice<UInt8>) -> (used: Int, step: Step) {
        var rest = bytes
        do throws(RequestError) {
            while let step = try advance(&rest) {
                if step != .incomplete { return (bytes.count - rest.count, step) }
            }
        } catch {
            state = .failed(error)
            return (bytes.count - rest.count, .failed(error))
        }
        return (bytes.count, .incomplete)
    }

    /// One step: a byte of framing or a run of body bytes. Nil when no byte is left.
    private mutating func advance(_ rest: inout ArraySlice<UInt8>) throws(RequestError) -> Step? {
        switch state {
        case .failed(let error): throw error
        case .fixedBody(let left):
            guard let taken = takeBody(&rest, atMost: left) else { return nil }
            state = .fixedBody(left: left - taken)
            return left == taken ? finish() : .incomplete
        case .chunkData(let left):
            guard let taken = takeBody(&rest, atMost: left) else { return nil }
            state = left == taken ? .chunkEnd : .chunkData(left: left - taken)
            return .incomplete
        case .requestLine, .headers, .chunkSize, .chunkEnd, .trailers:
            guard let byte = rest.popFirst() else { return nil }
            guard try completesLine(byte) else { return .incomplete }
            defer { line.removeAll(keepingCapacity: true) }
            return try endOfLine()
        }
    }

    private mutating func takeBody(_ rest: inout ArraySlice<UInt8>, atMost left: Int) -> Int? {
        guard !rest.isEmpty else { return nil }
        let run = rest.prefix(left)
        if limits.keepsBody { request.body += run }
        request.bodyLength += run.count
        rest = rest.dropFirst(run.count)
        return run.count
    }

    /// Adds a byte to the line. A bare LF ends a line too (RFC 9112 §2.2), except within chunked
    /// framing.
    private mutating func completesLine(_ byte: UInt8) throws(RequestError) -> Bool {
        headLength += 1
        if headLength > limits.head {
            throw RequestError(431, "the head is longer than \(limits.head) bytes")
        }
        if byte == UInt8(ascii: "\n") {
            if !afterCarriageReturn && (state == .chunkSize || state == .chunkEnd) {
                throw RequestError(400, "a line of chunked framing ends without CR")
            }
            afterCarriageReturn = false
            return true
        }
        if afterCarriageReturn { throw RequestError(400, "CR without LF") }
        if byte == UInt8(ascii: "\r") {
            afterCarriageReturn = true
            return false
        }
        guard byte >= 0x20 && byte != 0x7F || byte == UInt8(ascii: "\t") else {
            throw RequestError(400, "a control character in the head")
        }
        if state == .requestLine { try checkTargetLength(next: byte) }
        line.append(byte)
        return false
    }

    private mutating func checkTargetLength(next byte: UInt8) throws(RequestError) {
        if byte == UInt8(ascii: " ") {
            // A second blank ends the target.
            targetStart = targetStart == nil ? line.count + 1 : .max
        } else if let start = targetStart, start != .max, line.count - start >= limits.target {
            throw RequestError(414, "the target is longer than \(limits.target) bytes")
        }
    }

    private mutating func endOfLine() throws(RequestError) -> Step {
        switch state {
        case .requestLine:
            // RFC 9112 §2.2: empty lines before a request line are passed over; the head's limit
            // bounds them.
            if line.isEmpty { return .incomplete }
            request = try RequestSyntax.requestLine(line)
            state = .headers
        case .headers:
            if line.isEmpty { return try endOfHead() }
            try RequestSyntax.field(line, into: &request.headers)
        case .chunkSize: return try endOfChunkSize()
        case .chunkEnd:
            guard line.isEmpty else { throw RequestError(400, "a chunk is longer than announced") }
            beginChunkLine()
        case .trailers:
            if line.isEmpty { return finish() }
            var trailers = RequestHeaders()
            try RequestSyntax.field(line, into: &trailers)
        case .fixedBody, .chunkData, .failed: preconditionFailure("no lines in this state")
        }
        return .incomplete
    }

    private mutating func endOfHead() throws(RequestError) -> Step {
        let framing = try RequestSyntax.framing(of: request, limits: limits)
        switch framing {
        case .none: return finish()
        case .length(let length): state = .fixedBody(left: length)
        case .chunked: beginChunkLine()
        }
        return try RequestSyntax.expectsContinue(request) ? .expectsContinue : .incomplete
    }

    private mutating func beginChunkLine() {
        state = .chunkSize
        headLength = 0
    }

    private mutating func endOfChunkSize() throws(RequestError) -> Step {
        let size = try RequestSyntax.chunkSize(line)
        guard size <= limits.body - request.bodyLength else {
            throw RequestError(413, "the body is longer than \(limits.body) bytes")
        }
        state = size == 0 ? .trailers : .chunkData(left: size)
        return .incomplete
    }

    private mutating func finish() -> Step {
        let done = request
        state = .requestLine
        headLength = 0
        targetStart = nil
        request = HTTPRequest(method: "", target: "")
        return .complete(done)
    }
}
