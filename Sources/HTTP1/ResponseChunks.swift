/// The bytes between chunks of a body, one at a time (RFC 9112 section 7.1):
///
///     size in hex [; extension] CRLF  data CRLF  ...  0 CRLF  [trailer CRLF ...] CRLF
///
/// A lone LF ends a line too, as section 2.2 allows.
extension ResponseParser {
    /// - Returns: false when the byte cannot stand there.
    mutating func consumeFraming(_ byte: UInt8) -> Bool {
        switch phase {
        case .chunkSize: return consumeSize(byte)
        case .chunkExtension:
            if byte == UInt8(ascii: "\n") { return endSizeLine() }
            return countFraming()
        case .chunkEnd:
            if byte == UInt8(ascii: "\r"), scanned == 0 {
                scanned = 1
                return true
            }
            scanned = 0
            phase = .chunkSize
            return byte == UInt8(ascii: "\n")
        case .trailerStart:
            if byte == UInt8(ascii: "\n") {
                phase = .done
            } else if byte != UInt8(ascii: "\r") {
                phase = .trailerLine
            }
            return countFraming()
        default:
            if byte == UInt8(ascii: "\n") { phase = .trailerStart }
            return countFraming()
        }
    }

    private mutating func consumeSize(_ byte: UInt8) -> Bool {
        if let digit = Self.hexDigit(byte) {
            sawChunkDigit = true
            remaining = remaining << 4 | digit
            return remaining < 1 << 56
        }
        guard sawChunkDigit else { return false }
        switch byte {
        case UInt8(ascii: "\n"): return endSizeLine()
        case UInt8(ascii: ";"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
            phase = .chunkExtension
            return true
        default: return false
        }
    }

    private mutating func endSizeLine() -> Bool {
        sawChunkDigit = false
        scanned = 0
        phase = remaining == 0 ? .trailerStart : .chunkData
        return true
    }

    private mutating func countFraming() -> Bool {
        scanned += 1
        return scanned <= Self.headMax
    }

    private static func hexDigit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte) - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte) - 55
        default: nil
        }
    }
}
