import Config
import Foundation
import Time

/// Files of the repository, found from this one.
enum Place {
    static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    static let fixtures = tests.appending(path: "Fixtures")
    static let root = tests.deletingLastPathComponent().deletingLastPathComponent()

    /// The files of a folder with that ending, sorted by name.
    static func files(in folder: URL, ending: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: folder.resolvingSymlinksInPath(), includingPropertiesForKeys: nil
        )
        .filter { $0.pathExtension == ending }
        .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    static var isUpdating: Bool {
        ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"
    }

    /// Compares with a golden file, or rewrites it when `UPDATE_GOLDEN=1`.
    static func matchesGolden(_ text: String, _ name: String) throws -> Bool {
        let file = fixtures.appending(path: name)
        if isUpdating { try text.write(to: file, atomically: true, encoding: .utf8) }
        return try String(contentsOf: file, encoding: .utf8) == text
    }
}

/// The world that the fixtures are read in.
enum World {
    static let folder = "/etc/ballast"
    private static let variables = [
        "TOKEN": "s3cret", "BLANK": "pass word", "LINES": "a\r\nx-evil: b",
    ]
    private static let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
    private static let files = [
        "/etc/ballast/ca.pem": pem, "/etc/ballast/client.pem": pem,
        "/etc/ballast/client.key": pem, "/etc/ballast/body.json": "{}\n",
        "/etc/ballast/secret/token": "s3cret\n",
    ]

    static let context = ConfigurationContext(
        environment: { variables[$0] },
        readFile: { path, _ in
            if let text = files[path] { return .success(Array(text.utf8)) }
            let isLocked = path.hasSuffix(".key")
            return .failure(
                FileFailure(isLocked ? "Permission denied" : "No such file or directory"))
        })

    static func parse(
        _ text: String, folder: String = World.folder
    ) throws(ConfigurationError) -> Configuration {
        try parse(Array(text.utf8), folder: folder)
    }

    static func parse(
        _ bytes: [UInt8], folder: String = World.folder
    ) throws(ConfigurationError) -> Configuration {
        try Configuration.parse(bytes, file: "ballast.yaml", folder: folder, context: context)
    }

    /// One load with further lines, each without its indentation.
    static func load(_ lines: String...) throws(ConfigurationError) -> LoadSettings {
        let head = ["- name: shop", "  target: http://127.0.0.1:8080", "  rate: 50/s"]
        let text = (["loads:"] + head + lines.map { "  " + $0 }).joined(separator: "\n")
        return try parse(text).loads[0]
    }
}
