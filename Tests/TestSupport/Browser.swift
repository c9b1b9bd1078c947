import Foundation
import Glibc

/// A real Chromium without a window, steered through its debugging pipe. It remembers what went wrong on its pages and
/// what they asked for.
package final class Browser {
    private let process: RunningProcess
    private let folder: TemporaryFolder
    private let input: Int32
    private let output: Int32
    private var received: [UInt8] = []
    private var number = 0
    private var session: String?

    /// Exceptions, and errors that the console shows.
    package private(set) var complaints: [String] = []
    package private(set) var requestedURLs: [String] = []

    package init() throws {
        folder = try TemporaryFolder()
        let (commands, answers) = (folder.path("commands"), folder.path("answers"))
        guard unsafe mkfifo(commands, 0o600) == 0, unsafe mkfifo(answers, 0o600) == 0 else {
            throw WaitedInVain(description: "no pipe: \(errno)")
        }
        // Chromium reads commands from descriptor 3 and answers on 4. Open for both ways, neither end waits.
        let start = """
            exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
            --hide-scrollbars --remote-debugging-pipe --user-data-dir="$1" about:blank \
            3<>"$2" 4<>"$3"
            """
        process = try RunningProcess(
            "/bin/bash", ["-c", start, "bash", folder.path("profile"), commands, answers])
        input = unsafe Glibc.open(commands, O_RDWR | O_CLOEXEC)
        output = unsafe Glibc.open(answers, O_RDWR | O_CLOEXEC)
        let target = try call("Target.createTarget", ["url": "about:blank"])
        let attached = try call(
            "Target.attachToTarget", ["targetId": target["targetId"] ?? "", "flatten": true])
        session = attached["sessionId"] as? String
        for domain in ["Page", "Runtime", "Log", "Network"] { try call("\(domain).enable") }
    }

    deinit {
        process.send(SIGKILL)
        close(input)
        close(output)
    }

    // MARK: Pages

    /// Opens a page in a window of this width.
    package func open(_ url: String, width: Int, isDark: Bool = false) throws {
        try call(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false])
        let scheme = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
        try call("Emulation.setEmulatedMedia", ["features": [scheme]])
        try call("Page.navigate", ["url": url])
    }

    /// The value of an expression; a promise is waited for.
    @discardableResult
    package func evaluate(_ expression: String) throws -> Any? {
        let answer = try call(
            "Runtime.evaluate",
            ["expression": expression, "returnByValue": true, "awaitPromise": true])
        if let details = answer["exceptionDetails"] {
            throw WaitedInVain(description: "\(expression): \(details)")
        }
        return (answer["result"] as? [String: Any])?["value"]
    }

    package func waitUntil(_ condition: String) throws {
        try wait(for: "\(condition) on the page; \(complaints)") {
            try evaluate("Boolean(\(condition))") as? Bool == true
        }
    }

    // MARK: The pipe

    @discardableResult
    private func call(
        _ method: String, _ parameters: [String: Any] = [:]
    ) throws -> [String: Any] {
        number += 1
        var message: [String: Any] = ["id": number, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        let bytes = Array(try JSONSerialization.data(withJSONObject: message)) + [0]
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes[offset...].withUnsafeBytes {
                unsafe write(input, $0.baseAddress, $0.count)
            }
            guard count > 0 else { throw WaitedInVain(description: "the browser is gone") }
            offset += count
        }
        while true {
            let answer = try next(method)
            guard answer["id"] as? Int == number else {
                note(answer)
                continue
            }
            if let error = answer["error"] {
                throw WaitedInVain(description: "\(method): \(error)")
            }
            return answer["result"] as? [String: Any] ?? [:]
        }
    }

    private func next(_ method: String) throws -> [String: Any] {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let end = received.firstIndex(of: 0) {
                let text = Data(received[..<end])
                received.removeFirst(end + 1)
                return try JSONSerialization.jsonObject(with: text) as? [String: Any] ?? [:]
            }
            var wish = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&wish, 1, 30_000) == 1 else {
                throw WaitedInVain(description: "no answer to \(method): \(process.errors)")
            }
            let count = unsafe read(output, &buffer, buffer.count)
            guard count > 0 else { throw WaitedInVain(description: "the browser is gone") }
            received += buffer[..<count]
        }
    }

    private func note(_ event: [String: Any]) {
        let parameters = event["params"] as? [String: Any] ?? [:]
        switch event["method"] as? String {
        case "Runtime.exceptionThrown": complaints.append("\(parameters)")
        case "Log.entryAdded":
            let entry = parameters["entry"] as? [String: Any]
            if entry?["level"] as? String == "error" { complaints.append("\(entry ?? [:])") }
        case "Runtime.consoleAPICalled":
            if parameters["type"] as? String == "error" { complaints.append("\(parameters)") }
        case "Network.requestWillBeSent":
            let request = parameters["request"] as? [String: Any]
            requestedURLs.append(request?["url"] as? String ?? "?")
        default: break
        }
    }
}
