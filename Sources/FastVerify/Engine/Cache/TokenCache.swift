/// Remembers tokens that were accepted, so that the next use of the same text costs a hash and a comparison instead of a
/// signature. Off unless given to a verifier; one may serve any number of verifiers and threads.
///
///     let cache = TokenCache(bytes: 64 << 20, timeToLive: 300)
///     let verifier = Verifier(policy, keys: keys, cache: cache)
///
/// A hit is a token with exactly the bytes that the same verifier has accepted under the keys that are still in force, not
/// longer ago than `timeToLive` and not past its `exp`. Whatever depends on the moment is checked again: the times of the
/// claims under the policy, the policy's predicates, which may look at a clock, revocation and status lists. So a verdict
/// is the same with and without a cache; only a signature is not checked twice, and `ShadowVerification` sees none.
///
/// A full cache takes a token in when it comes for the second time; tokens that are used once drive nobody out.
///
/// Only acceptances are kept. A refusal may depend on time, on keys yet to come or on revocation, and whoever sends bad
/// tokens chooses their number: room for them would be room for an attacker.
public final class TokenCache: Sendable {
    /// Counts since it was made, and what it holds.
    public struct Statistics: Sendable, Hashable {
        /// Tokens found in force.
        public internal(set) var hits: UInt64 = 0
        /// Tokens looked for in vain.
        public internal(set) var misses: UInt64 = 0
        public internal(set) var insertions: UInt64 = 0
        /// Tokens that found the cache full and were seen for the first time.
        public internal(set) var turnedAway: UInt64 = 0
        /// Tokens taken out to make room.
        public internal(set) var evictions: UInt64 = 0
        /// Tokens held.
        public internal(set) var entries = 0
        /// Memory held: tokens, claims, indices, and what the allocator adds.
        public internal(set) var bytes = 0

        static func += (sum: inout Statistics, part: Statistics) {
            sum.hits += part.hits
            sum.misses += part.misses
            sum.insertions += part.insertions
            sum.turnedAway += part.turnedAway
            sum.evictions += part.evictions
            sum.entries += part.entries
            sum.bytes += part.bytes
        }
    }

    /// Apart from its neighbours by at least a cache line, so that their locks do not disturb each other.
    struct Part: ~Copyable {
        let lock = SpinLock()
        /// In memory of its own: to change it is not to change the lock.
        let shard = UnsafeMutablePointer<TokenCacheShard>.allocate(capacity: 1)
        let places: TokenPlaces
        private let padding = InlineArray<12, UInt64>(repeating: 0)

        init(budget: Int) {
            shard.initialize(to: TokenCacheShard(budget: budget))
            places = shard.pointee.places
        }

        deinit {
            shard.deinitialize(count: 1)
            shard.deallocate()
        }
    }

    /// Longer tokens are verified every time.
    static let longestToken = 8192

    /// Seconds that an acceptance is used at most.
    public let timeToLive: Int64
    let clock: ElapsedClock
    private let hash: KeyedHash
    private let hashMask: UInt64
    nonisolated(unsafe) private let parts: UnsafeMutablePointer<Part>
    private let partCount: Int
    private let fixedBytes: Int

    /// - Parameters:
    ///   - bytes: All memory it may hold, its own overhead included; less than 1 MiB counts as 1 MiB. About 1,300 bytes for a
    ///     token of 500 characters.
    ///   - timeToLive: Seconds that an acceptance is used at most, however long the token would live.
    public convenience init(bytes: Int, timeToLive: Int64 = 300) {
        self.init(bytes: bytes, timeToLive: timeToLive, clock: .system)
    }

    /// `hashMask` makes tests that need collisions.
    init(bytes: Int, timeToLive: Int64, clock: ElapsedClock, hashMask: UInt64 = .max) {
        self.timeToLive = max(0, timeToLive)
        self.clock = clock
        self.hashMask = hashMask
        hash = KeyedHash(longest: Self.longestToken)
        let budget = max(bytes, 1 << 20)
        // A part has room for some hundred tokens at least.
        var count = 1
        while count < 64, budget / (count * 2) >= 512 << 10 { count *= 2 }
        fixedBytes = hash.bytes + count * (MemoryLayout<Part>.stride + MemoryLayout<TokenCacheShard>.stride)
        partCount = count
        parts = .allocate(capacity: count)
        for part in 0..<count { (parts + part).initialize(to: Part(budget: (budget - fixedBytes) / count)) }
    }

    deinit {
        parts.deinitialize(count: partCount)
        parts.deallocate()
    }

    /// A snapshot; the parts are read one after the other.
    public var statistics: Statistics {
        var sum = Statistics()
        for part in 0..<partCount { withPart(part) { sum += $0.statistics } }
        sum.bytes += fixedBytes
        return sum
    }

    /// Forgets all tokens; the counts go on.
    public func removeAll() {
        for part in 0..<partCount { withPart(part) { $0.removeAll() } }
    }

    /// The hash under which it keeps a token, for the harness.
    package func fingerprint(_ text: UnsafeRawBufferPointer) -> UInt64 { hash(text) }

    @inline(__always)
    func hash(_ text: UnsafeRawBufferPointer) -> UInt64 { hash(text, 0) & hashMask }

    /// The part that a hash belongs to. The low bits choose the place in it.
    @inline(__always)
    func part(of hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 40) & (partCount - 1) }

    /// Brings near what a look-up of a hash reads first; then, a little later, what it reads after that. Without a lock.
    @inline(__always)
    func prefetchPlace(_ hash: UInt64) { parts[part(of: hash)].places.prefetchHead(hash) }

    @inline(__always)
    func prefetchToken(_ hash: UInt64) { parts[part(of: hash)].places.prefetchToken(hash) }

    @inline(__always)
    func withPart<T: Sendable>(_ part: Int, _ body: (inout TokenCacheShard) -> T) -> T {
        let shard = parts[part].shard
        return parts[part].lock.withLock { body(&shard.pointee) }
    }
}
