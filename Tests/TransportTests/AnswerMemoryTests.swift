import HTTP1
import Testing

@testable import Transport

@Suite struct AnswerMemoryTests {
    private let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    private func read(_ text: String, head: Bool = false) -> ResponseParser {
        var parser = ResponseParser(answersHEAD: head)
        let result = unsafe Array(text.utf8).withUnsafeBytes { unsafe parser.consume($0) }
        #expect(result.state == .complete)
        return parser
    }

    private func recall(
        _ memory: AnswerMemory, _ text: String, head: Bool = false
    ) -> ResponseParser? {
        unsafe Array(text.utf8).withUnsafeBytes {
            unsafe memory.recall($0, for: ResponseParser(answersHEAD: head))
        }
    }

    private func keep(_ memory: AnswerMemory, _ text: String, head: Bool = false) {
        let parser = read(text, head: head)
        unsafe Array(text.utf8).withUnsafeBytes { unsafe memory.keep($0, parser) }
    }

    @Test func `the same bytes mean the same`() {
        let memory = AnswerMemory()
        keep(memory, answer)
        let known = recall(memory, answer)
        #expect(known?.status == 200)
        #expect(known?.bodyBytes == 2)
        #expect(known?.keepsAlive == true)
    }

    @Test func `one other byte is another answer`() {
        let memory = AnswerMemory()
        keep(memory, answer)
        #expect(recall(memory, answer.replacing("200", with: "500")) == nil)
        #expect(recall(memory, answer + "\n") == nil)
        #expect(recall(memory, "") == nil)
    }

    @Test func `the answer to a HEAD is not the whole answer to a GET`() {
        let memory = AnswerMemory()
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
        keep(memory, head, head: true)
        #expect(recall(memory, head, head: true) != nil)
        #expect(recall(memory, head) == nil)
    }

    @Test func `a long answer is not kept, and the last one stays`() {
        let memory = AnswerMemory()
        keep(memory, answer)
        let long =
            "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n"
            + String(repeating: "x", count: 2_000)
        keep(memory, long)
        #expect(recall(memory, long) == nil)
        #expect(recall(memory, answer) != nil)
    }
}
