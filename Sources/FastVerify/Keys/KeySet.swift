internal import CCrypto

/// Keys made ready for verification: an immutable snapshot, safe to share between threads.
///
/// Making one prepares every key for the kernels of all its algorithms, so it costs microseconds a key (security checks
/// of the import not counted) and verification never pays for it.
public final class KeySet: Sendable {
    public let keys: [JWK]
    /// Keys that the kernels refused, with the reason.
    public let refused: [(key: JWK, reason: KeyError)]

    nonisolated(unsafe) private let prepared: UnsafeMutablePointer<OpaquePointer?>
    /// Positions of the keys that have a `kid`, sorted by its bytes.
    private let named: [(kid: [UInt8], position: Int)]

    let shadows = ShadowKeys()

    private static let schemeCount = Int(FV_ALGORITHM_COUNT.rawValue)

    public init(_ keys: [JWK], kernels: KernelChoice = .automatic) {
        var usable: [JWK] = []
        var refused: [(JWK, KeyError)] = []
        let prepared = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: max(1, keys.count) * Self.schemeCount)
        prepared.initialize(repeating: nil, count: max(1, keys.count) * Self.schemeCount)
        for key in keys {
            let row = prepared + usable.count * Self.schemeCount
            if let error = Self.prepare(key, kernels, row) {
                refused.append((key, error))
            } else {
                usable.append(key)
            }
        }
        self.keys = usable
        self.refused = refused
        self.prepared = prepared
        named = usable.enumerated()
            .compactMap { position, key in key.keyID.map { (Array($0.utf8), position) } }
            .sorted { $0.0.lexicographicallyPrecedes($1.0) }
    }

    public convenience init(_ set: JWKSet, kernels: KernelChoice = .automatic) {
        self.init(set.keys, kernels: kernels)
    }

    deinit {
        for slot in 0..<max(1, keys.count) * Self.schemeCount { fv_prepared_key_free(prepared[slot]) }
        prepared.deallocate()
    }

    private static func prepare(
        _ key: JWK, _ kernels: KernelChoice, _ row: UnsafeMutablePointer<OpaquePointer?>
    ) -> KeyError? {
        for scheme in 0..<UInt32(schemeCount) where key.schemes >> scheme & 1 == 1 {
            let status = fv_prepare(kernels.row(for: fv_algorithm(scheme)), key.key.handle, &row[Int(scheme)])
            guard let error = KeyError(status) else { continue }
            for slot in 0..<schemeCount {
                fv_prepared_key_free(row[slot])
                row[slot] = nil
            }
            return error
        }
        return nil
    }

    /// The one key for a `kid` and an algorithm.
    ///
    /// A `kid` selects among the keys of that name and never falls back to another. Where no key of the set has a name,
    /// or the token names none, exactly one key must fit the algorithm. O(log n) with a `kid`, O(n) without.
    func find(kid: UnsafeBufferPointer<UInt8>?, algorithm: Algorithm) throws(VerificationError) -> KeyResolution {
        guard let kid, !named.isEmpty else {
            guard !keys.isEmpty else { throw .keyNotFound }
            return try only(in: keys.indices, algorithm)
        }
        var low = 0
        var high = named.count
        while low < high {
            let middle = (low + high) / 2
            if named[middle].kid.lexicographicallyPrecedes(kid) { low = middle + 1 } else { high = middle }
        }
        let start = low
        while low < named.count, named[low].kid.elementsEqual(kid) { low += 1 }
        guard start < low else { throw .keyNotFound }
        return try only(in: (start..<low).lazy.map { self.named[$0].position }, algorithm)
    }

    /// A key that `find` has found for the algorithm, prepared for a kernel of another backend; `nil` without such a kernel.
    func shadow(of key: Int, for algorithm: Algorithm) -> OpaquePointer? {
        let slot = slot(of: key, for: algorithm)
        return prepared[slot].flatMap { shadows.key(slot, keys[key].key, besides: fv_prepared_key_kernel($0)) }
    }

    /// Where a key is prepared for an algorithm it goes with. It has one type, so at most one scheme of `EdDSA` remains.
    func slot(of key: Int, for algorithm: Algorithm) -> Int {
        key * Self.schemeCount + (keys[key].schemes & algorithm.schemes).trailingZeroBitCount
    }

    private func only(
        in positions: some Sequence<Int>, _ algorithm: Algorithm
    ) throws(VerificationError) -> KeyResolution {
        var found = -1
        for position in positions where keys[position].schemes & algorithm.schemes != 0 {
            guard found < 0 else { throw .ambiguousKey }
            found = position
        }
        guard found >= 0 else { throw .keyMismatch }
        let slot = slot(of: found, for: algorithm)
        return KeyResolution(
            algorithm: algorithm, key: found, prepared: prepared[slot]!,
            signatureSize: keys[found].key.signatureSize(slot % Self.schemeCount))
    }
}

/// Where a header led: a prepared key, valid as long as its key set.
struct KeyResolution: BitwiseCopyable {
    let algorithm: Algorithm
    /// Position in the key set.
    let key: Int
    let prepared: OpaquePointer
    let signatureSize: Int

    var kernel: UnsafePointer<fv_kernel> { fv_prepared_key_kernel(prepared) }
}

extension VerificationKey {
    fileprivate func signatureSize(_ scheme: Int) -> Int {
        let fixed = Int(fv_algorithm_get(fv_algorithm(UInt32(scheme))).pointee.signature_size)
        return fixed == 0 ? (bits + 7) / 8 : fixed
    }
}
