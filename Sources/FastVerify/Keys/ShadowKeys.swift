internal import CCrypto

/// Keys of a set prepared a second time, for kernels of another backend, each when it is first asked for.
final class ShadowKeys: Sendable {
    private struct Prepared: @unchecked Sendable {
        /// `nil` where there is no such kernel.
        let key: OpaquePointer?
    }

    /// By the slot of the key set.
    private let prepared = WaitingLock<[Int: Prepared]>([:])

    deinit { prepared.withLock { for key in $0.values { fv_prepared_key_free(key.key) } } }

    /// The key of `slot`, checked by `kernel`, for another backend's kernel; valid as long as this object.
    func key(_ slot: Int, _ key: VerificationKey, besides kernel: UnsafePointer<fv_kernel>) -> OpaquePointer? {
        prepared.withLock {
            if let known = $0[slot] { return known }
            let made = Prepared(key: Self.prepare(key, besides: kernel))
            $0[slot] = made
            return made
        }.key
    }

    /// Puts a key of a test's own choice in place of the shadow.
    func plant(_ key: OpaquePointer, at slot: Int) {
        prepared.withLock { $0[slot] = Prepared(key: key) }
    }

    private static func prepare(_ key: VerificationKey, besides kernel: UnsafePointer<fv_kernel>) -> OpaquePointer? {
        var count = 0
        let rows = fv_kernels(kernel.pointee.algorithm, &count)
        for row in (0..<count).map({ rows![$0]! })
        where String(cString: row.pointee.backend) != String(cString: kernel.pointee.backend) && fv_kernel_usable(row) {
            var prepared: OpaquePointer?
            if fv_prepare(row, key.handle, &prepared) == FV_KEY_OK { return prepared }
        }
        return nil
    }
}
