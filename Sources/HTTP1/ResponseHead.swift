/// The lines of a head without their line ends, found eight bytes at a time: heads are read once per request.
@safe struct HeadLines {
    private let bytes: UnsafeRawBufferPointer
    /// Behind the last line returned.
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { unsafe self.bytes = bytes }

    /// - Returns: nil when no further line is whole.
    mutating func next() -> UnsafeRawBufferPointer? {
        guard let newline = newline(from: position) else { return nil }
        var end = newline
        if end > position, unsafe bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<end])
        position = newline + 1
        return unsafe line
    }

    private func newline(from start: Int) -> Int? {
        var index = start
        while unsafe index + 8 <= bytes.count {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            // A zero byte in `difference` is a line end; the usual borrow trick marks the first one exactly.
            let difference = word ^ 0x0A0A_0A0A_0A0A_0A0A
            let marks = (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
            if marks != 0 { return index + UInt64(littleEndian: marks).trailingZeroBitCount >> 3 }
            index += 8
        }
        while unsafe index < bytes.count {
            if unsafe bytes[index] == UInt8(ascii: "\n") { return index }
            index += 1
        }
        return nil
    }
}

/// `HTTP/1.1 200 OK` (RFC 9112 section 4); the reason may be missing.
struct StatusLine {
    let minorVersion: UInt8
    let status: UInt16

    init?(_ line: UnsafeRawBufferPointer) {
        // "HTTP/1." as a little-endian word, its eighth byte masked away.
        guard line.count >= 12 else { return nil }
        let word = unsafe UInt64(littleEndian: line.loadUnaligned(as: UInt64.self))
        guard word & 0x00FF_FFFF_FFFF_FFFF == 0x002E_312F_5054_5448 else { return nil }
        let version = unsafe line[7] &- 48
        guard version <= 9, unsafe line[8] == UInt8(ascii: " ") else { return nil }
        let digits = unsafe (line[9] &- 48, line[10] &- 48, line[11] &- 48)
        guard digits.0 >= 1, digits.0 <= 9, digits.1 <= 9, digits.2 <= 9 else { return nil }
        guard line.count == 12 || (unsafe line[12]) == UInt8(ascii: " ") else { return nil }
        minorVersion = version
        status = UInt16(digits.0) * 100 + UInt16(digits.1) * 10 + UInt16(digits.2)
    }
}

/// What a head says about where its body ends and whether the connection goes on.
struct Framing {
    private(set) var contentLength: Int?
    private(set) var hasTransferEncoding = false
    private(set) var isChunked = false
    private(set) var keepsAlive: Bool

    /// - Parameter keepsAlive: HTTP/1.1 stays open unless told otherwise, 1.0 closes.
    init(keepsAlive: Bool) { self.keepsAlive = keepsAlive }

    /// Takes in one field line. Names are compared eight bytes at a time, in lower case.
    mutating func read(_ line: UnsafeRawBufferPointer) -> ResponseParser.Failure? {
        switch unsafe Self.word(line, at: 0) {
        case 0x2D74_6E65_746E_6F63:  // "content-", "-length:"
            if unsafe Self.word(line, at: 7) == 0x3A68_7467_6E65_6C2D {
                return unsafe readContentLength(Self.value(line, after: 15))
            }
        case 0x6974_6365_6E6E_6F63:  // "connecti", "nection:"
            if unsafe Self.word(line, at: 3) == 0x3A6E_6F69_7463_656E {
                unsafe readConnection(Self.value(line, after: 11))
                return nil
            }
        case 0x7265_6673_6E61_7274:  // "transfer", "-encodin", "ncoding:"
            if unsafe Self.word(line, at: 8) == 0x6E69_646F_636E_652D,
                unsafe Self.word(line, at: 10) == 0x3A67_6E69_646F_636E
            {
                hasTransferEncoding = true
                let value = unsafe Self.value(line, after: 18)
                isChunked = unsafe Self.lists("chunked", in: value, lastOnly: true)
                return nil
            }
        default: break
        }
        // RFC 9112 section 5.2: a folded line continues a value that is not ours.
        if unsafe line[0] == UInt8(ascii: " ") || line[0] == UInt8(ascii: "\t") { return nil }
        return unsafe line.contains(UInt8(ascii: ":")) ? nil : .badHeader
    }

    /// `keep-alive` alone is what servers say with every answer.
    private mutating func readConnection(_ value: UnsafeRawBufferPointer) {
        if value.count == 10, unsafe Self.word(value, at: 0) == 0x696C_612D_7065_656B,
            unsafe Self.word(value, at: 2) == 0x6576_696C_612D_7065
        {
            keepsAlive = true
            return
        }
        if unsafe Self.lists("close", in: value) { keepsAlive = false }
        if unsafe Self.lists("keep-alive", in: value) { keepsAlive = true }
    }

    /// Eight bytes with their letters in lower case, or 0 where the line is shorter.
    private static func word(_ line: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        guard line.count >= offset + 8 else { return 0 }
        let word = unsafe line.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return UInt64(littleEndian: word) | 0x2020_2020_2020_2020
    }

    /// The rest of a line without blanks around it.
    private static func value(
        _ line: UnsafeRawBufferPointer, after name: Int
    ) -> UnsafeRawBufferPointer {
        var (start, end) = (name, line.count)
        while start < end, isBlank(unsafe line[start]) { start += 1 }
        while end > start, isBlank(unsafe line[end - 1]) { end -= 1 }
        return unsafe UnsafeRawBufferPointer(rebasing: line[start..<end])
    }

    private mutating func readContentLength(
        _ value: UnsafeRawBufferPointer
    ) -> ResponseParser.Failure? {
        guard unsafe !value.isEmpty, value.count <= 18 else { return .badContentLength }
        var length = 0
        for index in 0..<value.count {
            let digit = unsafe value[index] &- 48
            guard digit <= 9 else { return .badContentLength }
            length = length * 10 + Int(digit)
        }
        // RFC 9112 section 6.3: lengths that differ make the answer unreadable.
        guard contentLength == nil || contentLength == length else { return .badContentLength }
        contentLength = length
        return nil
    }

    /// Whether a comma-separated list has an element, or ends with it.
    private static func lists(
        _ element: StaticString, in value: UnsafeRawBufferPointer, lastOnly: Bool = false
    ) -> Bool {
        let length = element.utf8CodeUnitCount
        guard value.count >= length else { return false }
        if value.count == length, unsafe matches(element, value, at: 0) { return true }
        var start = 0
        while start < value.count {
            var end = start
            while end < value.count, unsafe value[end] != UInt8(ascii: ",") { end += 1 }
            var (first, last) = (start, end)
            while first < last, isBlank(unsafe value[first]) { first += 1 }
            while last > first, isBlank(unsafe value[last - 1]) { last -= 1 }
            if last - first == length, !lastOnly || end == value.count,
                unsafe matches(element, value, at: first)
            {
                return true
            }
            start = end + 1
        }
        return false
    }

    /// Case-insensitive for letters; `text` is lower case.
    private static func matches(
        _ text: StaticString, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) -> Bool {
        guard bytes.count - offset >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount {
            let wanted = unsafe text.utf8Start[index]
            let byte = unsafe bytes[offset + index]
            guard byte == wanted || (wanted >= 97 && wanted <= 122 && byte | 0x20 == wanted) else {
                return false
            }
        }
        return true
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
