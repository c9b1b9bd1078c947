/// Reads one HTTP/1.1 answer from bytes as they come (RFC 9112), keeping 48 bytes of state and no copy.
///
///     head --> fixed ------------------+
///      ^ |---> chunk size --> data ... |--> done
///      | |---> until close             |
///     1xx|---> (no body) --------------+
///
/// A head is read only when it is whole: until then its bytes are left to the caller, who presents them again with
/// more behind them. Bodies are counted, never kept.
@safe package struct ResponseParser {
    package enum Failure: UInt8, Sendable {
        case notHTTP, badHeader, badContentLength, badChunk, headTooLarge
    }

    package enum State: Hashable, Sendable {
        case more, complete
        case failed(Failure)

        /// Cheaper than `== .more`, which other modules can only ask through a witness table.
        package var needsMore: Bool { if case .more = self { true } else { false } }
    }

    /// Bytes of one head, and of one answer's trailers.
    package static let headMax = 64 * 1_024

    enum Phase: UInt8 {
        case head, fixed, untilClose, chunkSize, chunkExtension, chunkData, chunkEnd
        case trailerStart, trailerLine, done
    }

    var phase = Phase.head
    package let answersHEAD: Bool
    /// Of the final answer; 0 before its head.
    package private(set) var status: UInt16 = 0
    /// Whether the connection may carry another request afterwards.
    package private(set) var keepsAlive = true
    var sawChunkDigit = false
    /// Bytes of the body or the chunk still to come.
    var remaining = 0
    /// Bytes of the body so far, without chunk framing.
    package internal(set) var bodyBytes = 0
    /// Of an unfinished head already searched for its end; in trailers and extensions, how long they are by now.
    var scanned = 0

    /// - Parameter answersHEAD: whether the request was a HEAD, whose answer has no body whatever its head says.
    package init(answersHEAD: Bool = false) { self.answersHEAD = answersHEAD }

    /// Whether the next byte is the first of a head.
    package var isAtHead: Bool { phase == .head && scanned == 0 }

    /// Reads on.
    /// - Returns: where the answer stands, and how many bytes were used. Unused ones are the start of a head that is
    ///   not whole yet, to be presented again, or whatever follows a complete answer.
    package mutating func consume(_ bytes: UnsafeRawBufferPointer) -> (state: State, used: Int) {
        var used = 0
        while used < bytes.count || phase == .done {
            switch phase {
            case .head:
                let head = unsafe consumeHead(UnsafeRawBufferPointer(rebasing: bytes[used...]))
                switch head {
                case .whole(let length): used += length
                case .partial: return (.more, used)
                case .failed(let failure): return (.failed(failure), used)
                }
            case .fixed:
                let count = min(remaining, bytes.count - used)
                bodyBytes += count
                remaining -= count
                used += count
                if remaining == 0 { phase = .done }
            case .untilClose:
                bodyBytes += bytes.count - used
                used = bytes.count
            case .chunkData:
                let count = min(remaining, bytes.count - used)
                bodyBytes += count
                remaining -= count
                used += count
                if remaining == 0 { phase = .chunkEnd }
            case .chunkSize, .chunkExtension, .chunkEnd, .trailerStart, .trailerLine:
                guard consumeFraming(unsafe bytes[used]) else { return (.failed(.badChunk), used) }
                used += 1
            case .done:
                return (.complete, used)
            }
        }
        return (.more, used)
    }

    /// The peer closed its side.
    /// - Returns: whether that completes the answer; otherwise it was cut off.
    package mutating func end() -> Bool {
        guard phase == .untilClose || phase == .done else { return false }
        phase = .done
        return true
    }

    // MARK: Head

    private enum HeadProgress {
        case whole(Int)
        case partial
        case failed(Failure)
    }

    /// What is wrong with a head is said when the head is whole, so that the answer does not depend on how its bytes
    /// were split; only what is not HTTP at all fails at once.
    private mutating func consumeHead(_ bytes: UnsafeRawBufferPointer) -> HeadProgress {
        if scanned > 0 {
            if scanned < 7, unsafe !looksLikeHTTP(bytes) { return .failed(.notHTTP) }
            if unsafe !hasHeadEnd(bytes, from: max(0, scanned - 3)) {
                return suspend(after: bytes.count)
            }
        }
        var line = unsafe HeadLines(bytes)
        let first = unsafe line.next()
        let statusLine = unsafe first.flatMap { unsafe StatusLine($0) }
        if statusLine == nil, unsafe !looksLikeHTTP(bytes) { return .failed(.notHTTP) }
        var failure: Failure? = unsafe first != nil && statusLine == nil ? .notHTTP : nil
        var fields = Framing(keepsAlive: (statusLine?.minorVersion ?? 0) > 0)
        while let field = unsafe line.next() {
            if unsafe field.isEmpty {
                scanned = 0
                if line.position > Self.headMax { failure = .headTooLarge }
                if let failure { return .failed(failure) }
                if let statusLine, statusLine.status >= 200 { beginBody(statusLine.status, fields) }
                return .whole(line.position)
            }
            if failure == nil { failure = unsafe fields.read(field) }
        }
        return suspend(after: bytes.count)
    }

    private mutating func suspend(after count: Int) -> HeadProgress {
        scanned = count
        return count > Self.headMax ? .failed(.headTooLarge) : .partial
    }

    /// RFC 9112 section 6.3: which rule ends the body.
    private mutating func beginBody(_ status: UInt16, _ fields: Framing) {
        self.status = status
        keepsAlive = fields.keepsAlive
        if answersHEAD || status == 204 || status == 304 {
            phase = .done
        } else if fields.isChunked {
            phase = .chunkSize
        } else if fields.hasTransferEncoding || fields.contentLength == nil {
            phase = .untilClose
            keepsAlive = false
        } else {
            remaining = fields.contentLength ?? 0
            phase = remaining == 0 ? .done : .fixed
        }
    }

    private func hasHeadEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
        var afterLine = false
        for index in start..<bytes.count {
            let byte = unsafe bytes[index]
            if byte == UInt8(ascii: "\n") {
                if afterLine { return true }
                afterLine = true
            } else if byte != UInt8(ascii: "\r") {
                afterLine = false
            }
        }
        return false
    }

    /// Whether an unfinished first line can still become a status line.
    private func looksLikeHTTP(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let prefix: StaticString = "HTTP/1."
        for index in 0..<min(bytes.count, prefix.utf8CodeUnitCount)
        where unsafe bytes[index] != prefix.utf8Start[index] {
            return false
        }
        return true
    }
}
