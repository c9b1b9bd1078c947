import Config
import System

extension Configuration {
    /// Reads the file; with mistakes in it, shows all of them and leaves.
    static func loadOrLeave(_ path: String) -> Configuration {
        do {
            return try load(path: path)
        } catch {
            StandardStream.error.write(error.rendered)
            leave(ExitStatus.usage)
        }
    }
}
