internal import Synchronization

/// Verifies JSON Web Tokens (RFC 7519) in JWS compact serialization. Immutable; safe to share between threads.
///
///     let keys = KeySet(try JWKSet(json: bytes))
///     let policy = ClaimPolicy(issuer: "https://id.example", audience: "orders", algorithms: [.es256])
///     let verifier = Verifier(policy, keys: KeySource(keys))
///     let token = try verifier.verify(bearerToken)
public final class Verifier: Sendable {
    /// Bounds on the work that a token can cause.
    public struct Limits: Sendable {
        /// Characters of a token.
        public var tokenBytes: Int
        /// Member names over all levels of a header or payload; from 1 to 65,000, other values count as the nearer end.
        public var members: Int

        public init(tokenBytes: Int = 64 << 10, members: Int = 1024) {
            self.tokenBytes = tokenBytes
            self.members = members
        }

        public static let standard = Limits()
    }

    /// An issuer whose tokens are accepted under its own keys and policy.
    public struct TrustedIssuer: Sendable {
        let policy: ClaimPolicy
        let keys: KeySource

        public init(_ policy: ClaimPolicy, keys: KeySource) {
            self.policy = policy
            self.keys = keys
        }
    }

    let issuers: [TrustedIssuer]
    /// One for each issuer, in `memory`.
    nonisolated(unsafe) let policies: UnsafeBufferPointer<PreparedPolicy>
    nonisolated(unsafe) private let memory: Arena
    let limits: Limits
    let clock: UnixClock
    /// False where the payload is not looked at.
    private let readsClaims: Bool
    private let hasPredicates: Bool
    private let shadow: ShadowVerification?
    let cache: TokenCache?
    private let revocation: RevocationSet?
    private let statusLists: StatusListSource?
    private let idle: IdleBatches
    let identity: UInt64

    private static let lastIdentity = Atomic<UInt64>(0)

    /// Several issuers: a token's `iss` decides whose keys and policy apply. The first policy that trusts it wins.
    public convenience init(
        trusting issuers: [TrustedIssuer], limits: Limits = .standard, clock: UnixClock = .system,
        shadow: ShadowVerification? = nil, cache: TokenCache? = nil, revocation: RevocationSet? = nil,
        statusLists: StatusListSource? = nil
    ) {
        self.init(issuers, limits, clock, shadow, cache, revocation, statusLists, readsClaims: true)
    }

    /// One policy and one set of keys.
    public convenience init(
        _ policy: ClaimPolicy, keys: KeySource, limits: Limits = .standard, clock: UnixClock = .system,
        shadow: ShadowVerification? = nil, cache: TokenCache? = nil, revocation: RevocationSet? = nil,
        statusLists: StatusListSource? = nil
    ) {
        self.init(
            [TrustedIssuer(policy, keys: keys)], limits, clock, shadow, cache, revocation, statusLists,
            readsClaims: true)
    }

    /// Checks signatures only: any payload passes, no claim is read, an expired token is valid. For tools and tests.
    public convenience init(
        signaturesOnly algorithms: AlgorithmSet, keys: KeySource, limits: Limits = .standard,
        shadow: ShadowVerification? = nil
    ) {
        var policy = ClaimPolicy(issuer: .dangerouslyAny, audience: .dangerouslyAny, algorithms: algorithms)
        policy.acceptsAnyType = true
        self.init([TrustedIssuer(policy, keys: keys)], limits, .fixed(0), shadow, nil, nil, nil, readsClaims: false)
    }

    private init(
        _ issuers: [TrustedIssuer], _ limits: Limits, _ clock: UnixClock, _ shadow: ShadowVerification?,
        _ cache: TokenCache?, _ revocation: RevocationSet?, _ statusLists: StatusListSource?, readsClaims: Bool
    ) {
        var memory = Arena()
        let policies = memory.allocate(max(1, issuers.count) * MemoryLayout<PreparedPolicy>.stride)
            .bindMemory(to: PreparedPolicy.self, capacity: issuers.count)
        for (position, issuer) in issuers.enumerated() {
            (policies + position).initialize(to: PreparedPolicy(issuer.policy, in: &memory))
        }
        self.issuers = issuers
        self.policies = UnsafeBufferPointer(start: policies, count: issuers.count)
        self.memory = memory
        self.limits = limits
        self.clock = clock
        self.shadow = shadow
        self.cache = cache
        self.revocation = revocation
        self.statusLists = statusLists
        self.readsClaims = readsClaims
        hasPredicates = issuers.contains { !$0.policy.predicates.isEmpty }
        idle = IdleBatches(maxMembers: limits.members)
        identity = Self.lastIdentity.add(1, ordering: .relaxed).newValue
    }

    // MARK: The flow

    /// cache, or split → header → payload → issuer → key → signature. What is left, `settle` does for the whole batch.
    ///
    /// The harness times the flow cut off after a stage; everyone else passes none, and the cuts vanish. The cache is
    /// handed in so that no reference to it is counted.
    @inline(__always)
    func admit(
        _ text: UnsafeRawBufferPointer, _ cache: Unmanaged<TokenCache>?, to batch: inout VerificationBatch,
        until last: FlowStage = .claims
    ) throws(VerificationError) {
        if let cache, last == .claims,
            cache._withUnsafeGuaranteedRef({ batch.recall(text, from: $0, self) })
        {
            return
        }
        let token = try CompactToken(text, limit: limits.tokenBytes)
        if last == .split { return }
        let header = try batch.recognise(token.header)
        if last == .header { return }
        let payload = try batch.decode(token.payload)
        if last == .decode { return }
        let claims = readsClaims ? try batch.scan(payload) : nil
        if last == .scan { return }
        let issuer = try issuer(of: claims)
        let key = try batch.key(for: header, of: issuer, self)
        if last == .key { return }
        let signature = try batch.decode(token.signature, size: key.signatureSize)
        batch.append(key, token.signingInput, signature, payload, claims, issuer)
    }

    /// signatures → claims → revocation, for every token that has come this far. Of one that the cache knew, everything
    /// that depends on the moment is checked.
    func settle(_ batch: inout VerificationBatch) {
        batch.signatures.verify()
        shadow?.check(&batch)
        let now = clock.now
        for position in batch.entries.indices where batch.entries[position].error == nil {
            let entry = batch.entries[position]
            if entry.job >= 0, batch.signatures.verdicts[entry.job] != 1 {
                batch.entries[position].error = .badSignature
            } else if let claims = entry.claims {
                do throws(VerificationError) {
                    if entry.job >= 0 {
                        try policies[entry.issuer].check(claims, now: now)
                    } else if !entry.inTime.contains(now) {
                        try policies[entry.issuer].checkTime(claims, now: now)
                    }
                    try checkPredicates(entry.issuer, claims)
                } catch {
                    batch.entries[position].error = error
                }
            }
        }
        revocation?.check(&batch, now: now)
        statusLists?.check(&batch, now: now)
        if let cache { batch.remember(in: cache, self, now: now) }
    }

    @inline(__always)
    private func checkPredicates(_ issuer: Int, _ claims: JSONObject) throws(VerificationError) {
        guard hasPredicates else { return }
        for predicate in issuers[issuer].policy.predicates {
            guard predicate(ClaimSet(claims, ownedBy: claims)) else { throw .refusedByPolicy }
        }
    }

    /// The first issuer whose policy trusts the token's `iss`. The claim is not verified yet; it can only choose among
    /// the issuers that are trusted anyway, and the chosen one's keys must then verify it.
    @inline(__always)
    private func issuer(of claims: JSONObject?) throws(VerificationError) -> Int {
        guard let claims else { return 0 }
        let name = claims.member(.iss)
        for position in policies.indices where policies[position].trusts(name) { return position }
        throw .untrustedIssuer
    }

    // MARK: One token

    /// Verifies one token. Allocates the result and nothing else.
    public func verify(_ token: String) throws(VerificationError) -> VerifiedToken {
        var token = token
        return try idle.withBatch { batch throws(VerificationError) in
            token.withUTF8 { verify(UnsafeRawBufferPointer($0), with: &batch) }
            return try batch.token(at: 0)
        }
    }

    public func verify(_ token: [UInt8]) throws(VerificationError) -> VerifiedToken {
        try idle.withBatch { batch throws(VerificationError) in
            token.withUnsafeBytes { verify($0, with: &batch) }
            return try batch.token(at: 0)
        }
    }

    /// The bytes must not change during the call.
    public func verify(_ token: UnsafeRawBufferPointer) throws(VerificationError) -> VerifiedToken {
        try idle.withBatch { batch throws(VerificationError) in
            verify(token, with: &batch)
            return try batch.token(at: 0)
        }
    }

    private func verify(_ token: UnsafeRawBufferPointer, with batch: inout VerificationBatch) {
        batch.begin(self)
        add(token, unmanagedCache, to: &batch)
        settle(&batch)
    }

    /// Lives as long as the verifier.
    @inline(__always)
    var unmanagedCache: Unmanaged<TokenCache>? { cache.map { Unmanaged.passUnretained($0) } }

    @inline(__always)
    private func add(
        _ token: UnsafeRawBufferPointer, _ cache: Unmanaged<TokenCache>?, to batch: inout VerificationBatch
    ) {
        do throws(VerificationError) {
            try admit(token, cache, to: &batch)
        } catch {
            batch.refuse(error)
        }
    }

    // MARK: Many tokens

    /// Verifies tokens side by side; results and claims are in `batch`, in the same order. No verdict depends on another
    /// token. Allocates nothing per token. The bytes must not change during the call.
    public func verify(batch tokens: [UnsafeRawBufferPointer], into batch: inout VerificationBatch) {
        verify(batch: tokens[...], into: &batch)
    }

    public func verify(batch tokens: ArraySlice<UnsafeRawBufferPointer>, into batch: inout VerificationBatch) {
        batch.begin(self)
        batch.texts.append(contentsOf: tokens)
        verifyTexts(of: &batch)
    }

    /// Takes the texts that a batch was given through the flow.
    func verifyTexts(of batch: inout VerificationBatch) {
        let cache = unmanagedCache
        var position = 0
        while position < batch.texts.count {
            let end = min(position + VerificationBatch.lookedAhead, batch.texts.count)
            cache?._withUnsafeGuaranteedRef { batch.lookAhead(position..<end, in: $0, self) }
            for next in position..<end { add(batch.texts[next], cache, to: &batch) }
            position = end
        }
        settle(&batch)
    }

    /// As above; the text of each token is copied once into the batch's memory.
    public func verify(batch tokens: [String], into batch: inout VerificationBatch) {
        batch.begin(self)
        for var token in tokens {
            batch.texts.append(
                token.withUTF8 { batch.copy(UnsafeRawBufferPointer($0), limit: limits.tokenBytes) })
        }
        verifyTexts(of: &batch)
    }

    public func verify(batch tokens: [[UInt8]], into batch: inout VerificationBatch) {
        batch.begin(self)
        for token in tokens {
            batch.texts.append(token.withUnsafeBytes { batch.copy($0, limit: limits.tokenBytes) })
        }
        verifyTexts(of: &batch)
    }

    /// Verifies tokens side by side and returns each with claims of its own: one allocation a token.
    public func verify(batch tokens: [String]) -> [Result<VerifiedToken, VerificationError>] {
        idle.withBatch { batch in
            verify(batch: tokens, into: &batch)
            return (0..<batch.count).map { position in
                Result { () throws(VerificationError) in try batch.token(at: position) }
            }
        }
    }
}
