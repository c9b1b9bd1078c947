import Foundation
import TestSupport
import Testing

/// An image takes minutes to build and needs its base images; what it is built from is checked without them.
@Suite struct ImageTests {
    /// What the Dockerfile copies from the project, with `Package.*` written out.
    private static func copied() throws -> [String] {
        try Project.text("Dockerfile").matches(of: /(?m)^COPY (?!--)(\S+) \S+$/).map {
            $0.output.1 == "Package.*" ? "Package.swift" : String($0.output.1)
        }
    }

    @Test func `the image gets every folder that the manifest names`() throws {
        let folder = try TemporaryFolder()
        let copied = try Self.copied()
        #expect(copied.contains("Sources"))
        for path in copied {
            let place = folder.url.appending(path: path)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                at: place, withDestinationURL: Project.url(path))
        }
        let result = try Shell().run("swift package describe", in: folder.url)
        #expect(result.code == 0, "\(result.output)")
    }

    @Test func `what the image gets is not ignored`() throws {
        let ignored = try Project.text(".dockerignore").split(separator: "\n")
        #expect(ignored.contains("*"))
        for path in try Self.copied() { #expect(ignored.contains("!\(path)")) }
    }
}
