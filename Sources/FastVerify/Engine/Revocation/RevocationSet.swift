internal import Synchronization

/// Tokens that are refused although they verify: one by one by `jti`, or all that were issued before a moment to a
/// subject, a session, a tenant, under a key or by an issuer. In this process, exact, safe to share between threads.
///
///     let revocation = RevocationSet(capacity: 1_000_000, staleness: .failClosed(after: 60))
///     let verifier = Verifier(policy, keys: keys, revocation: revocation)
///     try revocation.apply(RevocationEvent(issuer: issuer, .subject("alice", issuedBefore: now), expiration: nil))
///
/// Once `apply` has returned, no verification that begins is going to accept what it takes back, from a `TokenCache`
/// neither: hits are held against the set like all tokens. Rules never name a token by its text, as ECDSA signatures can be
/// changed and stay valid. A token without `iat` is refused by every rule that asks when it was issued.
///
/// A look-up is one cache line for each name of a token that is not revoked; see `RevocationIndex`. Memory is about 62
/// bytes for a rule with an identifier of 22 characters. Readers take one of 16 locks for 32 tokens; a writer takes all.
public final class RevocationSet: Sendable {
    /// What becomes of tokens when nobody has said for long that the set is complete. There is no default: the one choice
    /// lets revoked tokens in, the other lets nobody in.
    public enum Staleness: Sendable, Hashable {
        /// The set is used as it is, however old.
        case failOpen
        /// That many seconds after the last moment for which the set was known to be complete, every token is refused with
        /// `revocationUnknown`. Until the first `markFresh` as well.
        case failClosed(after: Int64)
    }

    /// Apart from its neighbours by at least a cache line.
    private struct Stripe: ~Copyable {
        let lock = SpinLock()
        private let padding = InlineArray<15, UInt64>(repeating: 0)
    }

    private static let stripeCount = 16
    /// Tokens checked under one lock.
    private static let tokensAtOnce = 32
    /// Records that are looked at for each rule that is added: more than one, so that what expires goes faster than it comes.
    private static let sweptAtOnce = 4

    public let staleness: Staleness
    /// Rules and issuers it may hold.
    public let capacity: Int
    /// Changed under all locks, read under any.
    nonisolated(unsafe) private let table: UnsafeMutablePointer<RevocationTable>
    nonisolated(unsafe) private let stripes: UnsafeMutablePointer<Stripe>
    nonisolated(unsafe) private let tenantClaim: UnsafeMutableBufferPointer<UInt8>
    private let clock: UnixClock
    private let elapsed: ElapsedClock
    private let start: (wall: Int64, elapsed: Int64)
    private let changes = Atomic<UInt64>(0)
    private let count = Atomic<Int>(0)
    /// The last moment for which the set was complete, and when that is too long ago, by the clock that nobody sets.
    private let freshAt = Atomic<Int64>(.min)
    private let freshUntil = Atomic<Int64>(.min)

    /// - Parameters:
    ///   - capacity: Rules it may hold, the issuers they name included; memory grows with what it holds.
    ///   - staleness: What becomes of tokens when the feed falls silent.
    ///   - tenantClaim: The claim that rules about tenants speak of. One that is no string counts by its JSON text.
    ///   - margin: Seconds that a rule outlives its expiration; at least the leeway of the policies.
    public convenience init(
        capacity: Int, staleness: Staleness, tenantClaim: String = "tenant", margin: Int64 = 300,
        clock: UnixClock = .system
    ) {
        self.init(
            capacity: capacity, staleness: staleness, tenantClaim: tenantClaim, margin: margin, clock: clock,
            elapsed: .system)
    }

    /// `hashMask` makes tests that need collisions.
    init(
        capacity: Int, staleness: Staleness, tenantClaim: String = "tenant", margin: Int64, clock: UnixClock,
        elapsed: ElapsedClock, hashMask: UInt64 = .max
    ) {
        self.staleness = staleness
        self.capacity = max(0, capacity)
        self.clock = clock
        self.elapsed = elapsed
        start = (clock.now, elapsed.now)
        table = .allocate(capacity: 1)
        table.initialize(
            to: RevocationTable(capacity: max(0, capacity), margin: max(0, margin), hashMask: hashMask))
        stripes = .allocate(capacity: Self.stripeCount)
        for stripe in 0..<Self.stripeCount { (stripes + stripe).initialize(to: Stripe()) }
        self.tenantClaim = .allocate(capacity: tenantClaim.utf8.count)
        _ = self.tenantClaim.initialize(from: tenantClaim.utf8)
    }

    deinit {
        table.deinitialize(count: 1)
        table.deallocate()
        stripes.deinitialize(count: Self.stripeCount)
        stripes.deallocate()
        tenantClaim.deallocate()
    }

    // MARK: Rules

    /// Adds a rule, or makes one stricter: of two times the later one holds. `full` and `identifierTooLong` are the errors.
    ///
    /// Returns when no verification that begins can accept what the event takes back. Constant work, in which it also looks
    /// for some rules that have expired.
    public func apply(_ event: RevocationEvent) throws(RevocationError) {
        try event.withRule { rule throws(RevocationError) in try add(rule) }
    }

    func add(_ rule: RevocationRule) throws(RevocationError) {
        let now = sweepTime
        try exclusively { table throws(RevocationError) in
            table.pointee.sweep(Self.sweptAtOnce, now: now)
            if table.pointee.count == capacity { table.pointee.sweep(4096, now: now) }
            if try table.pointee.add(rule, now: now) { changes.add(1, ordering: .releasing) }
            count.store(table.pointee.count, ordering: .releasing)
        }
    }

    /// Looks at some more rules and drops those that have expired. `apply` does so as well; this is for a set that is
    /// seldom added to.
    public func dropExpired(lookingAt limit: Int = 1024) {
        let now = sweepTime
        try! exclusively { table in
            table.pointee.sweep(max(0, limit), now: now)
            count.store(table.pointee.count, ordering: .releasing)
        }
    }

    /// Grows with every change that makes the set refuse more.
    public var epoch: UInt64 { changes.load(ordering: .acquiring) }

    /// What a set holds.
    public struct Statistics: Sendable, Hashable {
        /// Rules and the issuers they name.
        public let count: Int
        /// Memory held.
        public let bytes: Int
        /// Rules dropped since it was made because they had expired.
        public let dropped: UInt64
    }

    public var statistics: Statistics {
        withTable(0) { Statistics(count: $0.pointee.count, bytes: $0.pointee.bytes, dropped: $0.pointee.dropped) }
    }

    /// Of the wall clock and the time that has passed, the one that says less: a clock that jumps ahead for a while must
    /// not make the set forget.
    private var sweepTime: Int64 {
        min(clock.now, start.wall.addingSaturated(elapsed.now.subtractingSaturated(start.elapsed)))
    }

    private func exclusively(
        _ stripe: Int = 0, _ body: (UnsafeMutablePointer<RevocationTable>) throws(RevocationError) -> Void
    ) throws(RevocationError) {
        if stripe == Self.stripeCount { return try body(table) }
        try stripes[stripe].lock.withLock { () throws(RevocationError) in try exclusively(stripe + 1, body) }
    }

    func withTable<T: Sendable>(_ stripe: Int, _ body: (UnsafePointer<RevocationTable>) -> T) -> T {
        stripes[stripe % Self.stripeCount].lock.withLock { body(UnsafePointer(table)) }
    }

    // MARK: Freshness

    /// The set is complete up to that moment, says the feed.
    public func markFresh(at time: Int64) {
        _ = freshAt.max(time, ordering: .relaxed)
        guard case .failClosed(let limit) = staleness else { return }
        let age = max(0, clock.now.subtractingSaturated(time))
        let end = elapsed.now.addingSaturated(limit.subtractingSaturated(age))
        _ = freshUntil.max(end, ordering: .relaxed)
    }

    /// The latest moment for which the set was complete; `nil` before the first `markFresh`.
    public var freshness: Int64? {
        let time = freshAt.load(ordering: .relaxed)
        return time == .min ? nil : time
    }

    /// Whether tokens are refused because too long nobody has said that the set is complete.
    public func isStale(at now: Int64) -> Bool {
        guard case .failClosed(let limit) = staleness else { return false }
        guard let freshness else { return true }
        return now.subtractingSaturated(freshness) > limit || elapsed.now > freshUntil.load(ordering: .relaxed)
    }

    // MARK: Tokens

    /// Refuses the tokens of a batch that are accepted so far and are revoked.
    func check(_ batch: inout VerificationBatch, now: Int64) { check(&batch, batch.entries.indices, now: now) }

    /// As above, of some of the tokens.
    func check(_ batch: inout VerificationBatch, _ positions: Range<Int>, now: Int64) {
        let isStale = isStale(at: now)
        guard isStale || count.load(ordering: .acquiring) > 0 else { return }
        var start = positions.lowerBound
        while start < positions.upperBound {
            let range = start..<min(start + Self.tokensAtOnce, positions.upperBound)
            if isStale {
                for position in range where batch.entries[position].error == nil {
                    batch.entries[position].error = .revocationUnknown
                }
            } else {
                withTable(batch.identifiers.stripe) { batch.refuseRevoked(range, $0, tenantClaim, now: now) }
            }
            start = range.upperBound
        }
    }

    /// Whether a token that was accepted earlier is to be refused now: `revoked`, `revocationUnknown`, or `nil`. For those
    /// who keep a token for longer than a request.
    public func error(for token: VerifiedToken, at now: Int64) -> VerificationError? {
        if isStale(at: now) { return .revocationUnknown }
        var names = TokenIdentifiers()
        let claims = token.object
        var isRevoked = false
        withTable(names.stripe) { table in
            names.add(claims, at: 0, tenantClaim: UnsafeBufferPointer(tenantClaim), in: table) { token.keyID }
            names.filter(by: table)
            names.forEachRule(in: table) { rule, _ in
                let issuedAt = claims.member(.iat)?.floor
                isRevoked = isRevoked || table.pointee.refuses(rule, issuedAt: issuedAt, now: now)
            }
        }
        return isRevoked ? .revoked : nil
    }
}

extension VerificationBatch {
    /// Some tokens under one lock.
    fileprivate mutating func refuseRevoked(
        _ range: Range<Int>, _ table: UnsafePointer<RevocationTable>, _ tenantClaim: UnsafeMutableBufferPointer<UInt8>,
        now: Int64
    ) {
        identifiers.removeAll()
        for position in range where entries[position].error == nil {
            guard let claims = entries[position].claims else { continue }
            identifiers.add(claims, at: position, tenantClaim: UnsafeBufferPointer(tenantClaim), in: table) {
                snapshots[entries[position].issuer].keys.keys[entries[position].key].keyID
            }
        }
        identifiers.filter(by: table)
        identifiers.forEachRule(in: table) { rule, position in
            let issuedAt = entries[position].claims?.member(.iat)?.floor
            if table.pointee.refuses(rule, issuedAt: issuedAt, now: now) { entries[position].error = .revoked }
        }
    }
}
