import HTTP1
package import Time

/// A wish that the target does not understand: answered with 400 and this text.
struct DemoQueryError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What one request may ask for in its query, for tests and demonstrations:
/// `?delay=20ms&status=503&size=10KiB&close=1&chunked=1`. Other keys are nobody's business and are passed over.
struct DemoWishes: Hashable {
    var delay: Nanoseconds?
    var status: Int?
    var size: Int?
    var closes = false
    var isChunked = false

    init() {}

    init(query: Substring) throws(DemoQueryError) {
        for (key, value) in DemoQuery.pairs(query) {
            switch key {
            case "delay": delay = try DemoQuery.duration(value, key)
            case "status": status = try DemoQuery.status(value)
            case "size": size = try DemoQuery.size(value)
            case "close": closes = try DemoQuery.flag(value, key)
            case "chunked": isChunked = try DemoQuery.flag(value, key)
            default: break
            }
        }
    }
}

extension DemoBehaviour {
    /// Takes over `median=20ms&p99=80ms&tail_ratio=0.1%&tail_delay=1s&error_ratio=5%&size=2KiB&seed=7`; what is not
    /// named stays. Unknown keys are errors here.
    /// - Returns: how long to stand still from now on, where it says `stall=2s`.
    @discardableResult
    package mutating func apply(query: Substring) throws -> Nanoseconds? {
        var changed = self
        var stall: Nanoseconds?
        for (key, value) in DemoQuery.pairs(query) {
            switch key {
            case "median":
                changed.median = try DemoQuery.duration(value, key)
                changed.p99 = max(changed.p99, changed.median)
            case "stall": stall = try DemoQuery.duration(value, key)
            case "p99": changed.p99 = try DemoQuery.duration(value, key)
            case "tail_ratio": changed.tailRatio = try DemoQuery.ratio(value, key)
            case "tail_delay": changed.tailDelay = try DemoQuery.duration(value, key)
            case "error_ratio": changed.errorRatio = try DemoQuery.ratio(value, key)
            case "size": changed.size = try DemoQuery.size(value)
            case "seed":
                guard let seed = UInt64(value) else {
                    throw DemoQueryError("seed=\(value): write a whole number")
                }
                changed.seed = seed
            default:
                throw DemoQueryError(
                    "\(key): unknown; the keys are median, p99, tail_ratio, tail_delay, "
                        + "error_ratio, size, seed, stall")
            }
        }
        guard changed.p99 >= changed.median else {
            throw DemoQueryError("p99=\(changed.p99) is below median=\(changed.median)")
        }
        self = changed
        return stall
    }

    /// The query that leads to this behaviour.
    var query: String {
        "median=\(median)&p99=\(p99)&tail_ratio=\(tailRatio)&tail_delay=\(tailDelay)"
            + "&error_ratio=\(errorRatio)&size=\(size)B&seed=\(seed)"
    }
}

/// The values of a query.
enum DemoQuery {
    static let sizeMax = 16 << 20

    static func pairs(_ query: Substring) -> [(key: String, value: String)] {
        query.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    static func duration(_ text: String, _ key: String) throws(DemoQueryError) -> Nanoseconds {
        let units = [("ns", 1.0), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            if let number = Double(text.dropLast(unit.count)),
                (0...3.6e12).contains(number * factor)
            {
                return Nanoseconds(Int64(number * factor))
            }
        }
        throw DemoQueryError("\(key)=\(text): write a duration up to an hour, such as 20ms or 1.5s")
    }

    static func size(_ text: String) throws(DemoQueryError) -> Int {
        for (unit, factor) in [("KiB", 1_024), ("MiB", 1 << 20), ("B", 1), ("", 1)]
        where text.hasSuffix(unit) {
            if let number = Int(text.dropLast(unit.count)), (0...sizeMax / factor).contains(number)
            {
                return number * factor
            }
        }
        throw DemoQueryError("size=\(text): write a size up to 16MiB, such as 512B or 10KiB")
    }

    static func ratio(_ text: String, _ key: String) throws(DemoQueryError) -> Double {
        let isPercent = text.hasSuffix("%")
        let number = Double(text.dropLast(isPercent ? 1 : 0)).map { isPercent ? $0 / 100 : $0 }
        guard let number, (0...1).contains(number) else {
            throw DemoQueryError("\(key)=\(text): write a share, such as 5% or 0.05")
        }
        return number
    }

    static func status(_ text: String) throws(DemoQueryError) -> Int {
        guard let status = Int(text), (200...599).contains(status) else {
            throw DemoQueryError("status=\(text): write a status from 200 to 599")
        }
        return status
    }

    static func flag(_ text: String, _ key: String) throws(DemoQueryError) -> Bool {
        guard text == "0" || text == "1" else {
            throw DemoQueryError("\(key)=\(text): write 1 or 0")
        }
        return text == "1"
    }

    /// Undoes percent-encoding; a `%` that starts no escape stands for itself, so that `5%` can be typed.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let code = UInt8(String(Substring(digits)), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
