import CZlib

/// Compresses whole bodies by zlib at level 1: a better level costs three times the time for a
/// tenth of the bytes.
package enum Gzip {
    /// - Returns: the body as one gzip member; nil when zlib finds no memory for its 260 KiB of
    ///   state.
    package static func compress(_ body: [UInt8]) -> [UInt8]? {
        var stream = unsafe z_stream()
        guard unsafe ballast_deflate_init_gzip(&stream, 1) == Z_OK else { return nil }
        defer { unsafe deflateEnd(&stream) }
        let capacity = unsafe Int(deflateBound(&stream, UInt(body.count)))
        var isComplete = false
        let result = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
            unsafe body.withUnsafeBufferPointer { input in
                unsafe stream.next_in = unsafe UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(output.count)
                isComplete = unsafe deflate(&stream, Z_FINISH) == Z_STREAM_END
                count = unsafe Int(stream.total_out)
            }
        }
        return isComplete ? result : nil
    }
}
