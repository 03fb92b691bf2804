// Which tokens the rules of a set refuse, and until when. Row 49 of the catalogue.
import Foundation
import Testing

@testable import FastVerify

@Suite struct RevocationTests {
    static let claims =
        #"{"iss":"\#(Fixture.issuer)","sub":"alice","aud":"orders","exp":\#(Fixture.now + 900),"iat":\#(Fixture.now),"#
        + #""jti":"t-1","sid":"s-1","tenant":"acme"}"#
    static let token = Fixture.token(payload: claims, .hs256)

    private func set(
        _ staleness: RevocationSet.Staleness = .failOpen, capacity: Int = 1000, tenantClaim: String = "tenant"
    ) -> RevocationSet {
        RevocationSet(
            capacity: capacity, staleness: staleness, tenantClaim: tenantClaim, clock: .fixed(Fixture.now))
    }

    private func verdict(_ set: RevocationSet, at now: Int64 = Fixture.now) -> VerificationError? {
        verdict(Self.token, set, at: now)
    }

    private func verdict(_ token: String, _ set: RevocationSet, at now: Int64 = Fixture.now) -> VerificationError? {
        var policy = ClaimPolicy(issuer: .dangerouslyAny, audience: .dangerouslyAny, algorithms: [.hs256])
        policy.leeway = 300
        let verifier = Verifier(
            policy, keys: KeySource(Fixture.keySet), clock: .fixed(now), cache: TokenCache(bytes: 0), revocation: set)
        let first = Fixture.error(token, verifier)
        #expect(Fixture.error(token, verifier) == first)
        var batch = VerificationBatch()
        verifier.verify(batch: [token, token], into: &batch)
        #expect(batch.error(at: 0) == first && batch.error(at: 1) == first)
        if first != .expired, let kept = try? Self.unrevoked.verify(token) {
            #expect(set.error(for: kept, at: now) == first)
        }
        return first
    }

    private static let unrevoked = {
        var policy = ClaimPolicy(issuer: .dangerouslyAny, audience: .dangerouslyAny, algorithms: [.hs256])
        policy.requiresExpiration = false
        return Verifier(policy, keys: KeySource(Fixture.keySet), clock: .fixed(Fixture.now))
    }()

    private func revoke(
        _ set: RevocationSet, _ target: RevocationEvent.Target, issuer: String = Fixture.issuer, until: Int64? = nil
    ) throws {
        try set.apply(RevocationEvent(issuer: issuer, target, expiration: until))
    }

    private static let now = Fixture.now

    @Test(arguments: [
        RevocationEvent.Target.token(id: "t-1"), .subject("alice", issuedBefore: now + 1),
        .session("s-1", issuedBefore: now + 1), .tenant("acme", issuedBefore: now + 1),
        .key("key-HS256", issuedBefore: now + 1), .everything(issuedBefore: now + 1),
    ]) func everyTarget(_ target: RevocationEvent.Target) throws {
        let set = set()
        #expect(verdict(set) == nil)
        try revoke(set, target, issuer: "https://other.example")
        #expect(verdict(set) == nil)
        try revoke(set, target)
        #expect(verdict(set) == .revoked)
        // Other tokens of the issuer, but for the one rule about all of them and the one about their key.
        let isOwn =
            switch target {
            case .everything, .key: true
            default: false
            }
        let other = Self.claims.replacing("alice", with: "alicf").replacing("t-1", with: "t-2")
            .replacing("s-1", with: "s-11").replacing("acme", with: "acm")
        #expect((verdict(Fixture.token(payload: other, .hs256), set) == .revoked) == isOwn)
    }

    @Test(arguments: [
        RevocationEvent.Target.token(id: "x"), .subject("x", issuedBefore: now + 1),
        .session("x", issuedBefore: now + 1), .tenant("x", issuedBefore: now + 1), .key("x", issuedBefore: now + 1),
    ]) func kindsAreApart(_ target: RevocationEvent.Target) throws {
        let set = set()
        try revoke(set, target)
        #expect(verdict(set) == nil)
        let names: [(String, RevocationEvent.Target)] = [
            ("jti", .token(id: "x")), ("sub", .subject("x", issuedBefore: Self.now + 1)),
            ("sid", .session("x", issuedBefore: Self.now + 1)), ("tenant", .tenant("x", issuedBefore: Self.now + 1)),
        ]
        for (name, other) in names {
            let token = Fixture.token(payload: Fixture.claims(name, "\"x\""), .hs256)
            #expect((verdict(token, set) == .revoked) == (other == target))
        }
    }

    @Test func iatDecides() throws {
        for target in [
            RevocationEvent.Target.subject("user-1", issuedBefore: Self.now),
            .key("key-HS256", issuedBefore: Self.now), .everything(issuedBefore: Self.now),
        ] {
            let set = set()
            try revoke(set, target)
            func error(iat: String?) -> VerificationError? {
                verdict(Fixture.token(payload: Fixture.claims("iat", iat), .hs256), set)
            }
            #expect(error(iat: "\(Self.now)") == nil)
            #expect(error(iat: "\(Self.now).5") == nil)
            #expect(error(iat: "\(Self.now - 1)") == .revoked)
            #expect(error(iat: "\(Self.now - 1).9") == .revoked)
            #expect(error(iat: nil) == .revoked)
        }
    }

    @Test func theStricterRuleHolds() throws {
        let set = set()
        try revoke(set, .subject("alice", issuedBefore: Self.now + 1))
        let epoch = set.epoch
        try revoke(set, .subject("alice", issuedBefore: Self.now - 100))
        #expect(verdict(set) == .revoked && set.epoch == epoch)
        try revoke(set, .token(id: "t-1"), until: Self.now + 900)
        try revoke(set, .token(id: "t-1"), until: Self.now + 10)
        #expect(set.epoch == epoch + 1 && set.statistics.count == 3)
        #expect(verdict(set, at: Self.now + 899) == .revoked)
    }

    /// A rule covers the leeway of policies, then it is gone, whether or not it has been dropped.
    @Test func expiration() throws {
        let set = set()
        try revoke(set, .token(id: "t-1"), until: Self.now + 100)
        for (time, expected) in [
            (Self.now, VerificationError.revoked), (Self.now + 100, .revoked), (Self.now + 399, .revoked),
            (Self.now + 400, nil),
        ] as [(Int64, VerificationError?)] { #expect(verdict(set, at: time) == expected) }
        let other = self.set()
        try revoke(other, .everything(issuedBefore: Self.now + 1), until: Self.now + 100)
        #expect(verdict(other, at: Self.now + 399) == .revoked && verdict(other, at: Self.now + 400) == nil)
        // An order without an end stays without one.
        try revoke(other, .everything(issuedBefore: Self.now + 1))
        #expect(verdict(other, at: Self.now + 1199) == .revoked)
    }

    @Test func spellings() throws {
        let set = set(tenantClaim: "org")
        try revoke(set, .token(id: "a\"b\\é"), until: Self.now + 900)
        try revoke(set, .subject("é", issuedBefore: Self.now + 1))
        try revoke(set, .tenant("42", issuedBefore: Self.now + 1))
        try revoke(set, .tenant("", issuedBefore: Self.now + 1))
        try revoke(set, .session("", issuedBefore: Self.now + 1))
        func error(_ name: String, _ value: String) -> VerificationError? {
            verdict(Fixture.token(payload: Fixture.claims(name, value), .hs256), set)
        }
        #expect(error("jti", #""a\"b\\\u00e9""#) == .revoked && error("jti", #""a\u0022b\u005c\u00e9""#) == .revoked)
        #expect(error("sub", #""\u00e9""#) == .revoked && error("sub", #""é""#) == .revoked)
        #expect(error("sub", #""e\u0301""#) == nil)
        #expect(error("org", "42") == .revoked && error("org", "\"42\"") == .revoked && error("org", "43") == nil)
        #expect(error("tenant", "42") == nil && error("org", "\"\"") == .revoked)
        #expect(error("sid", "\"\"") == .revoked && error("jti", "\"\"") == nil)
        // Too long for any rule.
        #expect(error("jti", "\"\(String(repeating: "x", count: 3000))\"") == nil)
        #expect(error("iss", "\"\(String(repeating: "x", count: 3000))\"") == nil)
    }

    @Test func tokensWithoutIssuer() throws {
        let set = set()
        let token = Fixture.token(payload: Fixture.claims("iss", nil), .hs256)
        try revoke(set, .everything(issuedBefore: Self.now + 1))
        #expect(verdict(token, set) == nil)
        try revoke(set, .subject("user-1", issuedBefore: Self.now + 1), issuer: "")
        #expect(verdict(token, set) == .revoked)
    }

    @Test func refusedForAnotherReasonFirst() throws {
        let set = set(.failClosed(after: 10))
        #expect(verdict("\(Self.token.dropLast(4))AAAA", set) == .badSignature)
        #expect(verdict(Fixture.token(payload: Fixture.claims("exp", "1"), .hs256), set) == .expired)
    }

    @Test func manyIssuersInOneBatch() throws {
        let set = set()
        let names = (0..<100).map { "https://id-\($0 % 7).example" }
        for name in Set(names).sorted().prefix(3) { try revoke(set, .token(id: "t"), issuer: name, until: .max - 1) }
        let policy = ClaimPolicy(issuer: .dangerouslyAny, audience: .dangerouslyAny, algorithms: [.hs256])
        let verifier = Verifier(
            policy, keys: KeySource(Fixture.keySet), clock: .fixed(Self.now), revocation: set)
        let tokens = names.map {
            Fixture.token(payload: #"{"iss":"\#($0)","jti":"t","exp":\#(Self.now + 1)}"#, .hs256)
        }
        var batch = VerificationBatch()
        verifier.verify(batch: tokens, into: &batch)
        for (position, name) in names.enumerated() {
            #expect(
                (batch.error(at: position) == .revoked) == ("https://id-0.example"..."https://id-2.example" ~= name))
        }
    }
}
