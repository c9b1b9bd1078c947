import Foundation
import Testing

/// A text kept beside the tests; `UPDATE_GOLDEN=1` writes it anew.
func expectGolden(
    _ actual: String, _ name: String, file: StaticString = #filePath,
    _ location: SourceLocation = #_sourceLocation
) throws {
    let folder = URL(filePath: "\(file)").deletingLastPathComponent().appending(path: "Fixtures")
    let url = folder.appending(path: name)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
        try actual.write(to: url, atomically: true, encoding: .utf8)
    }
    let expected = try String(contentsOf: url, encoding: .utf8)
    #expect(actual == expected, "UPDATE_GOLDEN=1 rewrites \(name)", sourceLocation: location)
}

struct CommandResult {
    var status: Int32
    var output: Data
    var errors: String
}

/// Runs a program with some input. Files instead of pipes, so that no side can wait for the other.
func run(_ arguments: [String], input: [UInt8]) throws -> CommandResult {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let names = ["in", "out", "err"].map { folder.appending(path: $0) }
    try Data(input).write(to: names[0])
    try Data().write(to: names[1])
    try Data().write(to: names[2])
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: names[0])
    process.standardOutput = try FileHandle(forWritingTo: names[1])
    process.standardError = try FileHandle(forWritingTo: names[2])
    try process.run()
    process.waitUntilExit()
    return CommandResult(
        status: process.terminationStatus, output: try Data(contentsOf: names[1]),
        errors: try String(contentsOf: names[2], encoding: .utf8))
}
