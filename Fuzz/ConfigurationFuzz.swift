// modules: Time Schedule Config
import Config

/// The configuration reader: any bytes end in a configuration or in diagnostics that can be printed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    // No file of this machine is opened, whatever the input names.
    let context = ConfigurationContext(
        environment: { _ in nil }, readFile: { _, _ in .failure(FileFailure("no file here")) })
    do {
        _ = try Configuration.parse(bytes, file: "fuzz.yaml", context: context)
    } catch {
        precondition(!"\(error)".isEmpty)
    }
    return 0
}
