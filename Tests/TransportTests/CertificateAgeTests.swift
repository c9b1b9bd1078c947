import Foundation
import Reactor
import TestSupport
import Testing
import Time

@testable import Transport

/// A CA file that is replaced while a load runs.
struct CertificateAgeTests {
    @Test func `a copy is good for ever, and after a change only if it is younger`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("one", to: "ca.pem")
        var age = CertificateAge(path: path)
        let start = Clock.now()
        #expect(age.secondsMax(now: start) == -1)
        #expect(age.secondsMax(now: start + .seconds(100_000)) == -1)
        let change = start + .seconds(200_000)
        // As Kubernetes does: another file takes the name.
        let next = try folder.write("two", to: "next.pem")
        #expect(unsafe rename(next, path) == 0)
        #expect(age.secondsMax(now: change) == 1)
        #expect(age.secondsMax(now: change + .milliseconds(2_900)) == 2)
        #expect(age.secondsMax(now: change + .seconds(3_600)) == 3_600)
        try #require(unsafe unlink(path) == 0)
        #expect(age.secondsMax(now: change + .seconds(5_000)) == 1)
        #expect(age.secondsMax(now: change + .seconds(5_100)) == 100)
    }

    /// Each request opens a connection, whose certificate the second authority has not signed.
    @Test(arguments: TransportKind.secure)
    func `a rotated authority counts for the next connections`(_ kind: TransportKind) throws {
        let ground = try TLSGround.shared.get()
        let folder = try TemporaryFolder()
        let good = try String(contentsOfFile: ground.ca, encoding: .utf8)
        let other = try String(contentsOfFile: ground.certificate("otherca"), encoding: .utf8)
        let path = try folder.write(good, to: "ca.pem")
        try withServer({ connection throws(Hangup) in
            try connection.readRequest()
            try connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        }) { server in
            let harness = try TransportHarness(kind, port: server.port) { $0.tls?.ca = path }
            for _ in 0..<3 { #expect(try harness.exchange().outcome == .ok) }
            for (text, outcome) in [(other, Outcome.tls), (good, .ok)] {
                let next = try folder.write(text, to: "next.pem")
                #expect(unsafe rename(next, path) == 0)
                let limit = Clock.now() + .seconds(10)
                while try harness.exchange().outcome != outcome, Clock.now() < limit {}
                for _ in 0..<3 { #expect(try harness.exchange().outcome == outcome) }
            }
        }
    }
}
