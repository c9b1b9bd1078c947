import Foundation
import Properties
import Testing

@testable import Server

@Suite struct HTTPDateTests {
    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] as [(Int64, String)])
    func `dates are written as RFC 9110 has them`(seconds: Int64, expected: String) {
        #expect(HTTPDate.text(seconds * 1_000_000_000 + 999_999_999) == expected)
    }

    @Test func `every day agrees with another calendar`() {
        var random = Seeded()
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        for _ in 0..<1_000 {
            let seconds = random.int(0...4_200_000_000)
            let date = Date(timeIntervalSince1970: Double(seconds))
            #expect(
                HTTPDate.text(Int64(seconds) * 1_000_000_000) == formatter.string(from: date),
                "\(random)")
        }
    }
}
