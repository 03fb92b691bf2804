internal import FastVerify

/// Remembers proofs so that each is accepted once (RFC 9449 §11.1). Memory is fixed when it is made; safe to share between
/// threads and verifiers.
///
/// A full window does not forget a proof that could still be used, nor does it lock everybody out: the proofs it has no more
/// room for count as too old, however large `maximumAge` is. It so gets shorter under a flood, and with it the clock
/// differences that clients may have; a client whose proof was refused makes a new one. A key's proofs all go to one of
/// 8 parts, so that who holds one key shortens the window for an eighth of the others at most.
///
/// It lives in this process. Proofs can be used once with each process that has a window of its own; requiring nonces whose
/// secret is not shared prevents that.
public final class ReplayWindow: Sendable {
    enum Verdict: Sendable {
        case fresh
        case replayed
        /// It may have been seen, and be forgotten.
        case forgotten
    }

    private final class Part: @unchecked Sendable {
        let lock = SpinLock()
        /// Touched under the lock.
        var shard: ReplayShard

        init(capacity: Int, floor: Int64) { shard = ReplayShard(capacity: capacity, floor: floor) }
    }

    private static let partCount = 8

    private let parts: [Part]
    /// Proofs that can be remembered.
    public let capacity: Int
    /// 32 secret bytes before everything that is digested, so that nobody can prepare what collides.
    private let secret: SHA256Digest

    /// - Parameters:
    ///   - capacity: Proofs to remember, rounded up to a power of two, from 64 to 2^30; 40 bytes each. 524,288 hold 8,000 proofs a
    ///     second for the 65 seconds that they are good for.
    ///   - floor: Seconds since 1970; proofs from then and before are refused. The moment of the start closes the gap that a
    ///     restart leaves: proofs that an earlier process has seen.
    public convenience init(capacity: Int = 1 << 19, floor: Int64 = .min) {
        var random = SystemRandomNumberGenerator()
        self.init(capacity: capacity, floor: floor, random: &random)
    }

    init(capacity: Int, floor: Int64, random: inout some RandomNumberGenerator) {
        var part = 8
        while part * Self.partCount < min(capacity, 1 << 30) { part *= 2 }
        parts = (0..<Self.partCount).map { _ in Part(capacity: part, floor: floor) }
        self.capacity = part * Self.partCount
        secret = SHA256Digest(bytes: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })!
    }

    /// Takes a proof down, which has passed all other checks: else strangers could fill the window. `tokenID` is its `jti`.
    ///
    /// The name of a proof is its key and its `jti`. RFC 9449 lets a `jti` be used again with another `htu`; whoever follows
    /// its rule for making one never does, and a window by key and `jti` alone is the stricter.
    func insert(key: SHA256Digest, tokenID: UnsafeRawBufferPointer, issuedAt: Int64) -> Verdict {
        let (name, keyed) = withUnsafeTemporaryAllocation(byteCount: 64 + tokenID.count, alignment: 8) { buffer in
            secret.withUnsafeBytes { buffer.copyMemory(from: $0) }
            key.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[32..<64]).copyMemory(from: $0) }
            if !tokenID.isEmpty { UnsafeMutableRawBufferPointer(rebasing: buffer[64...]).copyMemory(from: tokenID) }
            return (
                SHA256Digest(of: UnsafeRawBufferPointer(buffer)),
                SHA256Digest(of: UnsafeRawBufferPointer(rebasing: buffer[..<64]))
            )
        }
        // 128 of the 256 bits: two of 2^40 proofs collide with a chance of 2^-49, and all it does is to refuse one.
        let words = name.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64).self) }
        let part = parts[keyed.withUnsafeBytes { Int($0[0]) } % Self.partCount]
        return part.lock.withLock { part.shard.insert((words.0, words.1), issuedAt: issuedAt) }
    }

    /// Forgets all proofs and the floor, for the harness, which presents the same proofs again and again.
    package func forgetAll() {
        for part in parts { part.lock.withLock { part.shard.forgetAll() } }
    }

    /// What it holds.
    public struct Statistics: Sendable, Hashable {
        /// Proofs remembered, those that are too old by now included.
        public let entries: Int
        /// Proofs from this moment and before are refused somewhere, whatever a verifier's `maximumAge`, since there was no room
        /// to remember them; `nil` as long as there was.
        public let floor: Int64?
        public let bytes: Int
    }

    public var statistics: Statistics {
        var entries = 0
        var floor = Int64.min
        for part in parts {
            part.lock.withLock {
                entries += part.shard.count
                floor = max(floor, part.shard.floor)
            }
        }
        return Statistics(
            entries: entries, floor: floor == .min ? nil : floor, bytes: capacity * ReplayShard.bytesPerEntry)
    }
}
