/// Step counts in a few hundred bytes: where they do not suffice, on a scale of half as many steps, and half again.
///
///     per step, from the first: its count, or 0 and the length of a run of empty ones    (LEB128)
struct PackedCounts: Sendable {
    static let bytesMax = 256

    let shift: Int
    let bytes: [UInt8]

    init(_ counts: StepCounts) {
        var counts = counts
        var packed = Self.pack(counts)
        while packed.count > Self.bytesMax {
            counts.coarsen(to: counts.shift + 1)
            packed = Self.pack(counts)
        }
        shift = counts.shift
        // A copy holds no more memory than it needs.
        bytes = [UInt8](packed[...])
    }

    var unpacked: StepCounts {
        var counts = StepCounts(shift: shift)
        var (place, step) = (0, 0)
        while place < bytes.count {
            let number = Self.read(bytes, &place)
            if number > 0 {
                counts.add(number, at: step)
                step += 1
            } else {
                step += Int(Self.read(bytes, &place))
            }
        }
        return counts
    }

    private static func pack(_ counts: StepCounts) -> [UInt8] {
        var bytes: [UInt8] = []
        var empty: UInt64 = 0
        for count in counts.counts {
            guard count > 0 else {
                empty += 1
                continue
            }
            if empty > 0 {
                bytes.append(0)
                write(empty, &bytes)
                empty = 0
            }
            write(count, &bytes)
        }
        return bytes
    }

    private static func write(_ number: UInt64, _ bytes: inout [UInt8]) {
        var rest = number
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func read(_ bytes: [UInt8], _ place: inout Int) -> UInt64 {
        var (number, shift): (UInt64, UInt64) = (0, 0)
        while true {
            let byte = bytes[place]
            place += 1
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
    }
}
