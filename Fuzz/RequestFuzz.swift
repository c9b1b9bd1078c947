// modules: HTTP1
import HTTP1

/// The server's request parser: any bytes, and the same requests, errors and use of bytes wherever the input is split.
/// The first byte says where.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let bytes = input.dropFirst()
    let split = bytes.startIndex + bytes.count * Int(input[0]) / 256
    let whole = steps([bytes])
    let parts = steps([bytes[..<split], bytes[split...]])
    precondition(whole.steps == parts.steps, "the split at \(split) changes what is read")
    precondition(whole.used == parts.used, "the split at \(split) changes how much is used")
    return 0
}

private func steps(_ pieces: [ArraySlice<UInt8>]) -> (steps: [RequestParser.Step], used: Int) {
    var limits = RequestParser.Limits()
    limits.head = 512
    limits.target = 64
    limits.body = 1_000
    limits.chunked = true
    limits.keepsBody = true
    var parser = RequestParser(limits: limits)
    var steps: [RequestParser.Step] = []
    var total = 0
    for piece in pieces {
        var rest = piece
        while !rest.isEmpty {
            let (used, step) = parser.consume(rest)
            rest = rest.dropFirst(used)
            total += used
            if step == .incomplete { break }
            steps.append(step)
            if case .failed = step { return (steps, total) }
        }
    }
    return (steps, total)
}
