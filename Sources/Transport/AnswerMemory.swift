import Glibc
import HTTP1

/// The last answer that arrived whole in one piece. A service says the same thing many times, byte for byte within a
/// second: comparing is cheaper than parsing, and the same bytes mean the same.
@safe final class AnswerMemory {
    /// Longer answers are parsed each time: comparing them would cost what parsing their head does.
    private static let countMax = 1_024

    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: countMax, alignment: 8)
    private var count = 0
    private var parsed = ResponseParser()

    deinit { unsafe bytes.deallocate() }

    /// - Parameter parser: about to read the answer.
    /// - Returns: a parser that has read these very bytes; nil when the last answer's were others.
    func recall(
        _ answer: UnsafeRawBufferPointer, for parser: ResponseParser
    ) -> ResponseParser? {
        // The head of an answer to HEAD is only a part of one to GET.
        guard answer.count == count, parser.answersHEAD == parsed.answersHEAD,
            let start = answer.baseAddress,
            unsafe memcmp(bytes, start, count) == 0
        else { return nil }
        return parsed
    }

    /// - Parameter parser: after it has read all of `answer`, and nothing else.
    func keep(_ answer: UnsafeRawBufferPointer, _ parser: ResponseParser) {
        guard answer.count <= Self.countMax, let start = answer.baseAddress else { return }
        unsafe bytes.copyMemory(from: start, byteCount: answer.count)
        count = answer.count
        parsed = parser
    }
}
