// modules: HTTP1
import HTTP1

/// The answer parser: any bytes, and the same answer wherever the input is split. The first byte says where, the
/// second whether the request was a HEAD.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let input = unsafe UnsafeRawBufferPointer(start: start, count: count)
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: input[2...])
    let split = unsafe bytes.count * Int(input[0]) / 256
    let isHead = unsafe input[1] & 1 == 1
    let whole = unsafe Reading(bytes, ends: [bytes.count], isHead: isHead)
    let parts = unsafe Reading(bytes, ends: [split, bytes.count], isHead: isHead)
    // A head that is not whole may be found wrong sooner or later; what follows a whole head may not differ.
    if whole.status == 0 || parts.status == 0 { return 0 }
    precondition(whole == parts, "the split at \(split) changes what is read")
    return 0
}

/// What one answer's bytes were read as. As a transport does, unused bytes are presented again with more behind them.
private struct Reading: Equatable {
    var state = ResponseParser.State.more
    var status: UInt16 = 0
    var bodyBytes = 0
    var keepsAlive = false
    var isWholeAtEnd = false

    init(_ bytes: UnsafeRawBufferPointer, ends: [Int], isHead: Bool) {
        var parser = ResponseParser(answersHEAD: isHead)
        var used = 0
        for end in ends where state == .more {
            let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[used..<end])
            let (state, count) = unsafe parser.consume(piece)
            precondition(count <= piece.count)
            self.state = state
            used += count
        }
        status = parser.status
        bodyBytes = parser.bodyBytes
        if case .failed = state { return }
        keepsAlive = parser.keepsAlive
        isWholeAtEnd = parser.end()
    }
}
