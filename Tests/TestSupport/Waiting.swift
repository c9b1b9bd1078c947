import Foundation

/// What was waited for did not come.
package struct WaitedInVain: Error, CustomStringConvertible {
    package let description: String
}

/// Asks again and again until the answer is yes.
/// - Throws: `WaitedInVain` after half a minute, so that a run ends with a name instead of a hang.
package func wait(
    for what: String, until condition: () throws -> Bool
) throws {
    let end = Date(timeIntervalSinceNow: 30)
    while try !condition() {
        guard Date() < end else { throw WaitedInVain(description: "waited in vain for \(what)") }
        usleep(2_000)
    }
}
