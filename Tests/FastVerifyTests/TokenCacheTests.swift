// A cache changes no verdict: what is remembered, to what it is bound and when it is forgotten. Row 47 of the catalogue.
import Foundation
import Testing

@testable import FastVerify

@Suite struct TokenCacheTests {
    private let wall = AdjustableClock(Fixture.now)
    private let elapsed = AdjustableClock(0)

    private func cache(_ bytes: Int = 4 << 20, timeToLive: Int64 = 300, hashMask: UInt64 = .max) -> TokenCache {
        TokenCache(
            bytes: bytes, timeToLive: timeToLive, clock: ElapsedClock { [elapsed] in elapsed.now }, hashMask: hashMask)
    }

    private func verifier(
        _ cache: TokenCache?, _ policy: ClaimPolicy = Fixture.policy(), keys: KeySource = KeySource(Fixture.keySet),
        revocation: RevocationSet? = nil
    ) -> Verifier {
        Verifier(policy, keys: keys, clock: wall.unix, cache: cache, revocation: revocation)
    }

    @Test func everyFormOfTheAPIHits() throws {
        let cache = cache()
        let verifier = verifier(cache)
        let token = Fixture.token(.es256)
        var batch = VerificationBatch()
        let first = try verifier.verify(token)
        verifier.verify(batch: [token, token], into: &batch)
        #expect(batch.validCount == 2 && batch.algorithm(at: 1) == .es256)
        #expect(batch.claims(at: 0)?.json == first.payload && batch.claims(at: 1)?.subject == "user-1")
        verifier.verify(batch: [Array(token.utf8)], into: &batch)
        let kept = try batch.token(at: 0)
        let second = try verifier.verify(Array(token.utf8))
        #expect(try verifier.verify(batch: [token])[0].get().subject == "user-1")
        verifier.verify(batch: [""], into: &batch)
        for again in [kept, second] {
            #expect(again.payload == first.payload && again.keyID == "key-ES256" && again.algorithm == .es256)
            #expect(again.claims.count == first.claims.count && again.tokenID == "t-1")
        }
        let statistics = cache.statistics
        #expect(statistics.hits == 5 && statistics.misses == 1 && statistics.entries == 1)
        #expect(statistics.insertions == 1 && statistics.evictions == 0)
    }

    /// Every reason for a refusal, again and again; only what was accepted is kept.
    @Test(arguments: [UInt64.max, 0, 3]) func noVerdictChanges(hashMask: UInt64) {
        let cache = cache(hashMask: hashMask)
        let verifier = verifier(cache)
        var batch = VerificationBatch()
        for _ in 0..<3 {
            verifier.verify(batch: BatchTests.corpus.map(\.token).shuffled(), into: &batch)
            for (token, error) in BatchTests.corpus { #expect(Fixture.error(token, verifier) == error) }
        }
        #expect(cache.statistics.entries == BatchTests.corpus.count { $0.error == nil })
    }

    /// Row 47: tokens chosen to collide never get each other's claims.
    @Test(arguments: [UInt64.max, 0, 1, 0xff << 40]) func noClaimsOfAnotherToken(hashMask: UInt64) {
        let cache = cache(hashMask: hashMask)
        let verifier = verifier(cache)
        let tokens = (0..<300).map {
            Fixture.token(payload: Fixture.claims("sub", "\"user-\($0 + 100)\""), $0 % 2 == 0 ? .hs256 : .ed25519)
        }
        var batch = VerificationBatch()
        for round in 0..<3 {
            verifier.verify(batch: tokens, into: &batch)
            for position in tokens.indices {
                #expect(batch.claims(at: position)?.subject == "user-\(position + 100)")
                #expect(batch.algorithm(at: position) == (position % 2 == 0 ? .hs256 : .ed25519))
            }
            #expect(cache.statistics.hits == UInt64(round * 300))
        }
    }

    @Test func everyByteCounts() {
        let cache = cache(hashMask: 0)
        let verifier = verifier(cache)
        let token = Array(Fixture.token(.hs256).utf8)
        #expect(throws: Never.self) { try verifier.verify(token) }
        for position in token.indices {
            var changed = token
            changed[position] = changed[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: VerificationError.self) { try verifier.verify(changed) }
            #expect(throws: VerificationError.self) { try verifier.verify(Array(token[..<position])) }
        }
        #expect(throws: VerificationError.self) { try verifier.verify(token + token) }
        #expect(cache.statistics.hits == 0)
    }

    @Test func boundToTheVerifier() {
        let cache = cache(hashMask: 0)
        let token = Fixture.token(.hs256)
        let other = ClaimPolicy(issuer: Fixture.issuer, audience: "invoices", algorithms: [.hs256])
        let first = verifier(cache)
        let second = verifier(cache, other)
        for _ in 0..<2 {
            #expect(Fixture.error(token, first) == nil)
            #expect(Fixture.error(token, second) == .wrongAudience)
        }
        // The same policy in another verifier is another verifier.
        #expect(Fixture.error(token, verifier(cache)) == nil)
        #expect(cache.statistics.hits == 1 && cache.statistics.entries == 2)
    }

    /// Row 46: a removed key takes its tokens along at once, from whichever interface.
    @Test func boundToTheKeys() throws {
        let old = try SigningKey(generate: .es256, keyID: "a")
        let new = try SigningKey(generate: .es256, keyID: "a")
        func set(_ keys: [SigningKey]) throws -> KeySet {
            KeySet(try keys.map { try JWK($0.verificationKey, keyID: $0.keyID) })
        }
        let source = KeySource(try set([old]))
        let cache = cache()
        let verifier = verifier(cache, keys: source)
        let header = Array(#"{"alg":"ES256","kid":"a"}"#.utf8)
        let token = Fixture.token(headerBytes: header, payload: Array(Fixture.claims.utf8), old)
        var batch = VerificationBatch()
        func errors() -> [VerificationError?] {
            verifier.verify(batch: [token, token], into: &batch)
            return [batch.error(at: 0), batch.error(at: 1), Fixture.error(token, verifier)]
        }
        #expect(errors() == [nil, nil, nil] && errors() == [nil, nil, nil])
        #expect(cache.statistics.hits > 3)
        source.replace(with: try set([new]))
        #expect(errors() == [.badSignature, .badSignature, .badSignature])
        #expect(cache.statistics.entries == 0)
        source.replace(with: try set([]))
        #expect(errors() == [.keyNotFound, .keyNotFound, .keyNotFound])
        source.replace(with: try set([new, old].reversed()))
        #expect(errors() == [.ambiguousKey, .ambiguousKey, .ambiguousKey])
        source.replace(with: try set([old]))
        #expect(errors() == [nil, nil, nil])
    }

    /// The position of the key in its set changes with the set; the name that is reported must not.
    @Test func theKeyKeepsItsName() throws {
        let keys = try ["a", "b"].map { try SigningKey(generate: .es256, keyID: $0) }
        let set = try keys.map { try JWK($0.verificationKey, keyID: $0.keyID) }
        let source = KeySource(KeySet(set))
        let verifier = verifier(cache(), keys: source)
        let token = Fixture.token(
            headerBytes: Array(#"{"alg":"ES256","kid":"b"}"#.utf8), payload: Array(Fixture.claims.utf8), keys[1])
        for round in 0..<4 {
            #expect(try verifier.verify(token).keyID == "b")
            #expect(try verifier.verify(token).keyID == "b")
            source.replace(with: KeySet(round % 2 == 0 ? set.reversed() : set))
        }
    }

    @Test func timesAreCheckedOnEveryHit() {
        func run(_ name: String, _ value: Int64, at end: Int64, leeway: Int64 = 0, age: Int64? = nil)
            -> [VerificationError?]
        {
            var policy = Fixture.policy()
            policy.leeway = leeway
            policy.maximumAge = age
            let cache = cache(timeToLive: .max)
            let verifier = verifier(cache, policy)
            let token = Fixture.token(payload: Fixture.claims(name, "\(value)"), .hs256)
            wall.now = Fixture.now
            #expect(Fixture.error(token, verifier) == nil && Fixture.error(token, verifier) == nil)
            #expect(cache.statistics.hits == 1)
            wall.now = end - 1
            let before = Fixture.error(token, verifier)
            wall.now = end
            let after = Fixture.error(token, verifier)
            #expect(cache.statistics.hits == 3)
            return [before, after]
        }
        let now = Fixture.now
        #expect(run("exp", now + 900, at: now + 900) == [nil, .expired])
        #expect(run("exp", now + 900, at: now + 930, leeway: 30) == [nil, .expired])
        #expect(run("iat", now, at: now + 101, age: 100) == [nil, .tooOld])
        #expect(run("iat", now, at: now + 131, leeway: 30, age: 100) == [nil, .tooOld])
        // The clock steps back to before the token's time.
        #expect(run("nbf", now, at: now).first == .some(.notYetValid))
        #expect(run("iat", now, at: now).first == .some(.issuedInFuture))
    }

    @Test func timeToLive() {
        let cache = cache(timeToLive: 60)
        let verifier = verifier(cache)
        let token = Fixture.token(.hs256)
        #expect(Fixture.error(token, verifier) == nil)
        elapsed.now += 59
        #expect(Fixture.error(token, verifier) == nil && cache.statistics.hits == 1)
        elapsed.now += 1
        #expect(Fixture.error(token, verifier) == nil && cache.statistics.hits == 1)
        // Verified again, it lives again.
        #expect(Fixture.error(token, verifier) == nil && cache.statistics.hits == 2)
        let none = TokenCache(bytes: 1 << 20, timeToLive: 0)
        let uncached = self.verifier(none)
        for _ in 0..<3 { #expect(Fixture.error(token, uncached) == nil) }
        #expect(none.statistics.entries == 0)
    }

    /// A wall clock that is put back lengthens neither `timeToLive` nor the life that `exp` grants.
    @Test func clockThatStepsBack() {
        for (life, timeToLive) in [(Int64(900), Int64(60)), (60, 900)] {
            let cache = cache(timeToLive: timeToLive)
            let verifier = verifier(cache)
            wall.now = Fixture.now
            let token = Fixture.token(payload: Fixture.claims("exp", "\(wall.now + life)"), .hs256)
            #expect(Fixture.error(token, verifier) == nil)
            elapsed.now += 59
            wall.now = Fixture.now
            #expect(Fixture.error(token, verifier) == nil && cache.statistics.hits == 1)
            elapsed.now += 1
            #expect(Fixture.error(token, verifier) == nil && cache.statistics.hits == 1)
        }
    }

    @Test func predicatesRunOnEveryHit() {
        let opens = AdjustableClock(1)
        let calls = AdjustableClock(0)
        var policy = Fixture.policy()
        policy.predicates = [
            { claims in
                calls.now += 1
                return opens.now == 1 && claims.subject == "user-1"
            }
        ]
        let cache = cache()
        let verifier = verifier(cache, policy)
        let token = Fixture.token(.hs256)
        #expect(Fixture.error(token, verifier) == nil && Fixture.error(token, verifier) == nil && calls.now == 2)
        opens.now = 0
        #expect(Fixture.error(token, verifier) == .refusedByPolicy && calls.now == 3)
        #expect(cache.statistics.hits == 2)
    }

    @Test func revocationIsAskedOnEveryHit() throws {
        let revocation = RevocationSet(capacity: 100, staleness: .failOpen, clock: wall.unix)
        let cache = cache()
        let verifier = verifier(cache, revocation: revocation)
        let token = Fixture.token(.hs256)
        let other = Fixture.token(payload: Fixture.claims("jti", "\"t-2\""), .hs256)
        var batch = VerificationBatch()
        for _ in 0..<2 { verifier.verify(batch: [token, other], into: &batch) }
        #expect(batch.validCount == 2 && cache.statistics.hits == 2)
        try revocation.apply(RevocationEvent(issuer: Fixture.issuer, .token(id: "t-1"), expiration: Fixture.now + 900))
        verifier.verify(batch: [token, other], into: &batch)
        #expect(batch.error(at: 0) == .revoked && batch.error(at: 1) == nil && cache.statistics.hits == 4)
        #expect(Fixture.error(token, verifier) == .revoked)
        try revocation.apply(
            RevocationEvent(issuer: Fixture.issuer, .everything(issuedBefore: Fixture.now + 1), expiration: nil))
        #expect(Fixture.error(other, verifier) == .revoked)
        // A revoked token is not put in.
        cache.removeAll()
        #expect(Fixture.error(other, verifier) == .revoked && cache.statistics.entries == 0)
    }

    @Test func prefixesOfTheFlowDoNotAsk() {
        let cache = cache()
        let verifier = verifier(cache)
        let token = Array(Fixture.token(.hs256).utf8)
        token.withUnsafeBytes { token in
            var batch = VerificationBatch()
            verifier.verify(batch: [token], into: &batch)
            for stage in FlowStage.allCases where stage != .claims {
                #expect(verifier.verify(batch: [token][...], through: stage, into: &batch) == 1)
            }
            #expect(cache.statistics.hits == 0 && cache.statistics.misses == 1)
            #expect(verifier.verify(batch: [token][...], through: .claims, into: &batch) == 1)
            #expect(cache.statistics.hits == 1)
        }
    }

    /// A hit has no signature to check a second time; what the shadow refuses is not kept.
    @Test func shadow() {
        let shadow = ShadowVerification(share: 1) { Issue.record("\($0)") }
        let verifier = Verifier(
            Fixture.policy(), keys: KeySource(Fixture.keySet), clock: wall.unix, shadow: shadow, cache: cache())
        let tokens = [Fixture.token(.es256), Fixture.token(.hs256)]
        var batch = VerificationBatch()
        for _ in 0..<3 { verifier.verify(batch: tokens + ["x.y"], into: &batch) }
        #expect(batch.validCount == 2 && shadow.counts.checked == 2)
    }
}
