import Foundation
import Testing

/// Certificates made for this test run, and the process that speaks TLS with them for the scripted servers. Made once
/// and shared; the process ends with ours, because its standard input does.
struct TLSGround: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case good, expired, otherName, untrusted, client
    }

    let folder: URL
    private let ports: [Kind: UInt16]

    static let shared = Result { try TLSGround() }

    func port(_ kind: Kind) -> UInt16 { ports[kind]! }

    var ca: String { folder.appending(path: "ca.pem").path }

    func certificate(_ name: String) -> String { folder.appending(path: "\(name).pem").path }

    func key(_ name: String) -> String { folder.appending(path: "\(name).key").path }

    /// A server name that leads to a scripted server's port and that the good certificates cover.
    static func name(for port: UInt16) -> String { "p\(port).ballast.test" }

    private init() throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "ballast-tls-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.makeAuthority("ca", in: folder)
        try Self.makeAuthority("otherca", in: folder)
        let names = "*.ballast.test"
        try Self.makeCertificate("good", for: names, by: "ca", in: folder)
        try Self.makeCertificate("expired", for: names, by: "ca", days: -1, in: folder)
        try Self.makeCertificate("otherName", for: "elsewhere.test", by: "ca", in: folder)
        try Self.makeCertificate("untrusted", for: names, by: "otherca", in: folder)
        try Self.makeCertificate("client", for: names, by: "ca", in: folder)
        ports = try Self.startTerminator(folder)
    }

    private static func makeAuthority(_ name: String, in folder: URL) throws {
        try run(
            in: folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", "\(name).key", "-out", "\(name).pem", "-days", "2", "-subj",
            "/CN=\(name) of a test", "-addext", "basicConstraints=critical,CA:TRUE")
    }

    private static func makeCertificate(
        _ name: String, for host: String, by authority: String, days: Int = 2, in folder: URL
    ) throws {
        try run(
            in: folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name)")
        let extensions = folder.appending(path: "\(name).ext")
        try "subjectAltName=DNS:\(host)\n".write(to: extensions, atomically: true, encoding: .utf8)
        try run(
            in: folder, "x509", "-req", "-in", "\(name).csr", "-CA", "\(authority).pem", "-CAkey",
            "\(authority).key", "-CAcreateserial", "-days", "\(days)", "-extfile",
            extensions.path, "-out", "\(name).pem")
    }

    private static func run(in folder: URL, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw GroundFailure(text: String(decoding: text, as: UTF8.self))
        }
    }

    private static func startTerminator(_ folder: URL) throws -> [Kind: UInt16] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/tls_terminator.py")
        process.arguments =
            ["-I", script.path, folder.path]
            + Kind.allCases.map { $0 == .client ? "client:client" : $0.rawValue }
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        keptOpen.withLock { $0.append(input) }
        var text = ""
        while !text.hasSuffix("ready\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw GroundFailure(text: "the terminator ended: \(text)") }
            text += String(decoding: data, as: UTF8.self)
        }
        var ports: [Kind: UInt16] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let kind = Kind(rawValue: String(words[0])) {
                ports[kind] = UInt16(words[1])
            }
        }
        return ports
    }
}

struct GroundFailure: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}

/// Pipes that must not close before this process ends.
private let keptOpen = Locked<[Pipe]>([])

/// A value behind a lock.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        lock.withLock { body(&value) }
    }
}
