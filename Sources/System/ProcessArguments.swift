import Glibc
import Synchronization

/// What the process was started with. Swift's `CommandLine` reads it from `/proc`, and is empty where that is missing.
package enum ProcessArguments {
    fileprivate static let count = Atomic<Int>(0)
    /// The address of `argv`.
    fileprivate static let vector = Atomic<UInt>(0)

    /// All of them, the program's name first.
    package static var all: [String] {
        let address = vector.load(ordering: .acquiring)
        guard
            let first = unsafe UnsafePointer<UnsafePointer<CChar>?>(bitPattern: address)
        else { return CommandLine.arguments }
        return (0..<count.load(ordering: .relaxed)).compactMap { index in
            unsafe first[index].map { unsafe String(cString: $0) }
        }
    }
}

/// glibc calls what stands in this section before `main`, with `main`'s arguments.
@section(".init_array") @used
private let keepArguments: @convention(c) (Int32, UnsafeRawPointer?) -> Void = { count, vector in
    ProcessArguments.count.store(Int(count), ordering: .relaxed)
    ProcessArguments.vector.store(UInt(bitPattern: vector), ordering: .releasing)
}
