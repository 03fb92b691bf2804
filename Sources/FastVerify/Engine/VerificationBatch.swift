/// The memory and the results of verifying many tokens at once. Make one per thread and use it again and again: after the
/// first uses nothing is allocated, whether tokens are accepted or refused.
///
/// Results and claims stay until the batch is used again; the compiler keeps claims from being read after that.
/// Not to be used from two threads at once.
public struct VerificationBatch: ~Copyable {
    /// What became of one token.
    struct Entry {
        var error: VerificationError?
        var issuer = 0
        var key = 0
        var algorithm = Algorithm.hs256
        var payload = UnsafeRawBufferPointer(start: nil, count: 0)
        var claims: JSONObject?
        /// When the times of a token that the cache knew are right.
        var inTime: Range<Int64> = 0..<0
        /// Position among the signatures; -1 for a token refused before that, or known to the cache.
        var job = -1

        var awaitsSignature: Bool { error == nil && job >= 0 }
    }

    /// The keys of one issuer as this batch saw them last.
    struct Snapshot {
        var generation: UInt64
        var keys: KeySet
        /// The names of the keys, copied: threads that hand out tokens under one key would otherwise all count the
        /// references to its one name.
        var keyIDs: [String?]
        /// The use of the batch in which the generation was compared last.
        var checked: UInt64

        init(_ source: KeySource, use: UInt64) {
            (generation, keys) = source.snapshot()
            keyIDs = keys.keys.map { key in key.keyID.map { String(decoding: Array($0.utf8), as: UTF8.self) } }
            checked = use
        }
    }

    package var arena = Arena()
    var scanner: JSONScanner
    var headers = HeaderCache()
    var signatures = SignatureBatch()
    /// The texts of this use, where there are many; and, with a cache, the hashes of those that come next.
    var texts: [UnsafeRawBufferPointer] = []
    var hashes = InlineArray<16, UInt64>(repeating: 0)
    var entries: [Entry] = []
    var snapshots: [Snapshot] = []
    /// Tokens of this use that the cache did not know, and when the use began, by the cache's clock.
    var unknown: [Unknown] = []
    private(set) var elapsed: Int64 = 0
    var identifiers = TokenIdentifiers()
    /// The verifier whose keys `headers` and `snapshots` speak of.
    var verifier: UInt64 = 0
    private(set) var use: UInt64 = 0
    private var draws = UInt64.random(in: 0...UInt64.max)

    /// `maxMembers` bounds the member names over all levels of one header or payload.
    public init(maxMembers: Int = Verifier.Limits.standard.members) {
        scanner = JSONScanner(maxMembers: min(max(1, maxMembers), 65_000))
    }

    /// Number of tokens in the last use.
    public var count: Int { entries.count }

    /// Number of tokens accepted in the last use.
    public var validCount: Int { entries.count { $0.error == nil } }

    /// Why the token at a position was refused; `nil` when it was accepted.
    public func error(at position: Int) -> VerificationError? { entries[position].error }

    /// The claims of an accepted token; `nil` for a refused one, and where only signatures were checked.
    @_lifetime(borrow self)
    public func claims(at position: Int) -> ClaimSet? {
        guard entries[position].error == nil, let claims = entries[position].claims else { return nil }
        return ClaimSet(claims, ownedBy: self)
    }

    /// The algorithm of an accepted token.
    public func algorithm(at position: Int) -> Algorithm? {
        entries[position].error == nil ? entries[position].algorithm : nil
    }

    /// An accepted token with claims of its own, to be kept after the batch is used again.
    public func token(at position: Int) throws(VerificationError) -> VerifiedToken {
        let entry = entries[position]
        if let error = entry.error { throw error }
        return VerifiedToken(
            entry.claims, payload: entry.payload, algorithm: entry.algorithm,
            keyID: snapshots[entry.issuer].keyIDs[entry.key])
    }

    /// A number that nobody foresees (SplitMix64; Steele, Lea, Flood 2014).
    mutating func draw() -> UInt64 {
        draws &+= 0x9e37_79b9_7f4a_7c15
        var z = draws
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// Forgets the last results and keeps the memory.
    mutating func begin(_ verifier: Verifier) {
        arena.reset()
        texts.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        signatures.removeAll()
        use += 1
        if let cache = verifier.cache {
            unknown.removeAll(keepingCapacity: true)
            elapsed = cache.clock.now
        }
        if self.verifier != verifier.identity {
            self.verifier = verifier.identity
            headers.removeAll()
            snapshots = verifier.issuers.map { Snapshot($0.keys, use: use) }
        }
    }

    /// Makes the keys of an issuer as new as its first look-up in this use of the batch; they stay the same until the
    /// next. False when they have changed, and what the header cache said a moment ago no longer holds.
    @inline(__always)
    mutating func updateKeys(of issuer: Int, _ verifier: Verifier) -> Bool {
        snapshots[issuer].checked == use || compareKeys(of: issuer, verifier.issuers[issuer].keys)
    }

    @inline(never)
    private mutating func compareKeys(of issuer: Int, _ source: KeySource) -> Bool {
        snapshots[issuer].checked = use
        guard snapshots[issuer].generation != source.generation else { return true }
        snapshots[issuer] = Snapshot(source, use: use)
        // Resolutions point into the old set, which may now go.
        headers.removeAll()
        return false
    }
}
