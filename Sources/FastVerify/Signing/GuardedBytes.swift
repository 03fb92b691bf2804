internal import CCrypto

/// A secret in memory between guard pages, kept out of swap and core dumps as far as the system allows and erased when released
/// (libsodium's `sodium_malloc`). Takes some pages even for one byte. Immutable; safe to share between threads.
public final class GuardedBytes: Sendable {
    nonisolated(unsafe) private let memory: UnsafeMutableRawPointer
    public let count: Int

    /// Lets `fill` write `count` zeroed bytes, which nobody can change afterwards.
    public init(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) throws(KeyError) {
        guard let memory = fv_guarded_allocate(max(count, 1)) else { throw .refused("no guarded memory") }
        self.memory = memory
        self.count = count
        let bytes = UnsafeMutableRawBufferPointer(start: memory, count: count)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        fill(bytes)
        fv_guarded_make_readonly(memory)
    }

    /// Takes over a secret that came in ordinary memory, and erases it there.
    public convenience init(erasing bytes: inout [UInt8]) throws(KeyError) {
        defer { bytes.withUnsafeMutableBytes { fv_erase($0.baseAddress, $0.count) } }
        // No second reference to the array: it would be a copy that is erased.
        try self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    deinit { fv_guarded_free(memory) }

    /// For a process that holds secrets: no core file, no other process that looks into its memory, and private numbers of keys in a heap of
    /// OpenSSL's between guard pages, `heapBytes` (a power of two). To be called first of all.
    public static func protectProcess(heapBytes: Int = 1 << 20) {
        fv_forbid_core_files()
        _ = fv_secure_heap(heapBytes)
    }

    /// The bytes, during the call.
    public func withUnsafeBytes<T, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> T
    ) throws(Failure) -> T {
        try body(UnsafeRawBufferPointer(start: memory, count: count))
    }
}
