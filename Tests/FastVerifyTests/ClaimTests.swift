import FastVerify
import Foundation
import Testing

/// Attack catalogue, rows 38–41 and the rest of the claim policy.
@Suite struct ClaimTests {
    private func error(
        _ name: String, _ value: String?, _ change: (inout ClaimPolicy) -> Void = { _ in }, at time: Int64 = Fixture.now
    )
        -> VerificationError?
    {
        var policy = Fixture.policy()
        change(&policy)
        return Fixture.error(claims: Fixture.claims(name, value), Fixture.verifier(policy, at: time))
    }

    @Test(arguments: ["exp", "nbf", "iat"])
    func row38_wrongTypes(_ name: String) {
        for value in ["\"123\"", "null", "true", "false", "[1]", "{}", "\"\"", "[]", "\"1800000900\""] {
            #expect(error(name, value) == .invalidClaim, "\(name) \(value)")
            #expect(error(name, value) { $0.requiresExpiration = false } == .invalidClaim)
        }
        for value in ["1E400", "9223372036854775808", "18446744073709551616", "-9223372036854775809", "1e19", "-1e400"]
        {
            #expect(error(name, value) == .invalidClaim, "\(name) \(value)")
        }
        #expect(error(name, String(repeating: "9", count: 400)) == .invalidClaim)
        #expect(error(name, "1" + String(repeating: "0", count: 40_000)) == .invalidClaim)
    }

    @Test func row38_numbers() {
        #expect(error("exp", "9223372036854775807") == nil)
        #expect(error("exp", "9007199254740993") == nil)
        #expect(error("exp", "1800000001.5") == nil)
        #expect(error("exp", "1800000000.5") == .expired)  // rounded down, so never later than it says
        #expect(error("exp", "1.8000009e9") == nil)
        #expect(error("exp", "-1") == .expired)
        #expect(error("exp", "-0") == .expired)
        #expect(error("exp", "0") == .expired)
        #expect(error("exp", "-9223372036854775808") == .expired)
        #expect(error("exp", "1e-400") == .expired)
        #expect(error("nbf", "-9223372036854775808") == nil)
        #expect(error("nbf", "9223372036854775807") == .notYetValid)
        #expect(error("iat", "-1") == nil)
    }

    @Test func row39_edges() {
        let now = Fixture.now
        #expect(error("exp", "\(now)") == .expired)
        #expect(error("exp", "\(now + 1)") == nil)
        #expect(error("exp", "\(now)") { $0.leeway = 1 } == nil)
        #expect(error("exp", "\(now - 1)") { $0.leeway = 1 } == .expired)
        #expect(error("nbf", "\(now)") == nil)
        #expect(error("nbf", "\(now + 1)") == .notYetValid)
        #expect(error("nbf", "\(now + 1)") { $0.leeway = 1 } == nil)
        #expect(error("nbf", "\(now + 2)") { $0.leeway = 1 } == .notYetValid)
        #expect(error("nbf", "\(now + 2000)") == .notYetValid)  // nbf after exp
        #expect(error("iat", "\(now + 1)") == .issuedInFuture)
        #expect(error("iat", "\(now + 1)") { $0.leeway = 1 } == nil)
        #expect(error("exp", "\(now)") { $0.leeway = -100 } == .expired)
        #expect(error("exp", "\(now + 1)") { $0.leeway = -100 } == nil)
        #expect(error("exp", "\(now + 1)") { $0.leeway = .max } == nil)
        #expect(error("exp", "-9223372036854775808") { $0.leeway = .max } == .expired)
        #expect(error("exp", "9223372036854775807", at: .max) == .expired)
        #expect(error("exp", "1", at: .min) == .issuedInFuture)
        #expect(error("exp", nil) == .missingClaim)
        #expect(error("exp", nil) { $0.requiresExpiration = false } == nil)
    }

    @Test func maximumAge() {
        let now = Fixture.now
        #expect(error("iat", "\(now - 60)") { $0.maximumAge = 60 } == nil)
        #expect(error("iat", "\(now - 61)") { $0.maximumAge = 60 } == .tooOld)
        #expect(
            error("iat", "\(now - 61)") { policy in
                policy.maximumAge = 60
                policy.leeway = 1
            } == nil)
        #expect(error("iat", nil) { $0.maximumAge = 60 } == .missingClaim)
        #expect(error("iat", "-9223372036854775808") { $0.maximumAge = .max } == .tooOld)
        #expect(error("iat", "\(now)") { $0.maximumAge = -1 } == nil)
    }

    @Test func row40_audience() {
        #expect(error("aud", "\"orders\"") == nil)
        #expect(error("aud", "[\"billing\",\"orders\"]") == nil)
        #expect(error("aud", "\"\\u006frders\"") == nil)
        for value in [
            "\"Orders\"", "\"orders/\"", "\"order\"", "\"orders2\"", "\"\"", "[]", "[\"\"]", "[\"order\",\"s\"]",
        ] {
            #expect(error("aud", value) == .wrongAudience, "\(value)")
        }
        for value in [
            "1", "null", "true", "{}", "{\"orders\":1}", "[[\"orders\"]]", "[\"orders\",1]", "[1,\"orders\"]", "[null]",
        ] {
            #expect(error("aud", value) == .invalidClaim, "\(value)")
        }
        #expect(error("aud", nil) == .wrongAudience)
        var open = ClaimPolicy(issuer: .exactly(Fixture.issuer), audience: .dangerouslyAny, algorithms: [.hs256])
        #expect(Fixture.error(claims: Fixture.claims("aud", nil), Fixture.verifier(open)) == nil)
        #expect(Fixture.error(claims: Fixture.claims("aud", "7"), Fixture.verifier(open)) == .invalidClaim)
        open = ClaimPolicy(
            issuer: .exactly(Fixture.issuer), audience: .oneOf(["a", "orders"]), algorithms: [.hs256])
        #expect(Fixture.error(claims: Fixture.claims, Fixture.verifier(open)) == nil)
        // A policy with nobody in it accepts nobody.
        open = ClaimPolicy(issuer: .oneOf([]), audience: .oneOf([]), algorithms: [.hs256])
        #expect(Fixture.error(claims: Fixture.claims, Fixture.verifier(open)) == .untrustedIssuer)
    }

    @Test func row40_issuer() {
        let issuer = Fixture.issuer
        for value in [
            "\"\(issuer)/\"", "\"\(issuer.dropLast())\"", "\"https://\"", "\"x\(issuer)\"", "[\"\(issuer)\"]", "null",
            "1",
            "\"\"", "{}",
        ] { #expect(error("iss", value) == .untrustedIssuer, "\(value)") }
        #expect(error("iss", nil) == .untrustedIssuer)
        let open = ClaimPolicy(issuer: .dangerouslyAny, audience: .exactly(Fixture.audience), algorithms: [.hs256])
        #expect(Fixture.error(claims: Fixture.claims("iss", nil), Fixture.verifier(open)) == nil)
        #expect(Fixture.error(claims: Fixture.claims("iss", "[1]"), Fixture.verifier(open)) == .invalidClaim)
    }

    @Test func row41_signatureDecidesFirst() {
        let expired = Fixture.token(payload: Fixture.claims("exp", "1"), .es256)
        #expect(Fixture.error(expired) == .expired)
        #expect(Fixture.error(String(expired.dropLast(10)) + "AAAAAAAAAA") == .badSignature)
    }

    @Test func registeredStrings() {
        for name in ["sub", "jti"] {
            for value in ["1", "null", "[]", "{}", "true"] { #expect(error(name, value) == .invalidClaim) }
            #expect(error(name, nil) == nil)
        }
    }

    @Test func requirements() {
        #expect(error("jti", "\"x\"") { $0.requiredClaims = ["jti", "sub"] } == nil)
        #expect(error("jti", nil) { $0.requiredClaims = ["jti"] } == .missingClaim)
        #expect(error("tenant", "null") { $0.requiredClaims = ["tenant"] } == .missingClaim)
        #expect(error("t\\u0065nant", "1") { $0.requiredClaims = ["tenant"] } == nil)
        for (name, value) in [
            ("scope", "\"read write\""), ("scope", "\"write read:x read\""), ("scp", "[\"write\",\"read\"]"),
            ("scp", "\"read write\""), ("scope", "[\"read\",\"write\"]"), ("scope", "\"re\\u0061d write\""),
        ] { #expect(error(name, value) { $0.requiredScopes = ["read", "write"] } == nil, "\(value)") }
        for (name, value) in [
            ("scope", "\"read\""), ("scope", "\"readwrite\""), ("scope", "\"\""), ("scope", "\"Read write\""),
            ("scp", "[]"),
            ("scp", "[\"read write\"]"), ("scopes", "\"read write\""),
        ] { #expect(error(name, value) { $0.requiredScopes = ["read", "write"] } == .insufficientScope, "\(value)") }
        #expect(error("scope", "7") { $0.requiredScopes = ["read"] } == .invalidClaim)
        #expect(error("scp", "[\"read\",1]") { $0.requiredScopes = ["read"] } == .invalidClaim)
        #expect(error("roles", "[\"admin\"]") { $0.requiredRoles = ["admin"] } == nil)
        #expect(error("roles", "[\"user\"]") { $0.requiredRoles = ["admin"] } == .insufficientRole)
        #expect(error("roles", nil) { $0.requiredRoles = ["admin"] } == .insufficientRole)
        func nested(_ policy: inout ClaimPolicy) {
            policy.requiredRoles = ["admin"]
            policy.rolesPath = ["realm_access", "roles"]
        }
        #expect(error("realm_access", "{\"x\":1,\"roles\":[\"admin\"]}", nested) == nil)
        #expect(error("realm_access", "{\"roles\":[\"user\"]}", nested) == .insufficientRole)
        #expect(error("realm_access", "[\"admin\"]", nested) == .insufficientRole)
    }

    @Test func predicates() {
        func tenant(_ name: String) -> (inout ClaimPolicy) -> Void {
            { $0.predicates = [{ claims in claims["tenant"]?.equals(name) ?? false }] }
        }
        #expect(error("tenant", "\"acme\"", tenant("acme")) == nil)
        #expect(error("tenant", "\"acme\"", tenant("other")) == .refusedByPolicy)
        #expect(error("tenant", nil, tenant("acme")) == .refusedByPolicy)
    }

    @Test func accessTokenProfile() {
        let policy = ClaimPolicy.accessToken(issuer: Fixture.issuer, audience: Fixture.audience, algorithms: [.es256])
        let verifier = Fixture.verifier(policy)
        let header = #"{"alg":"ES256","kid":"key-ES256","typ":"at+jwt"}"#
        let claims = Fixture.claims.dropLast() + #","client_id":"c"}"#
        #expect(Fixture.error(Fixture.token(header: header, payload: String(claims)), verifier) == nil)
        #expect(Fixture.error(Fixture.token(header: header), verifier) == .missingClaim)
        #expect(Fixture.error(Fixture.token(payload: String(claims)), verifier) == .wrongType)
    }

    /// Several issuers: each with its own keys, audience and policy.
    @Test func severalIssuers() throws {
        let other = try SigningKey(generate: .es256, keyID: "key-ES256")
        let first = Verifier.TrustedIssuer(Fixture.policy([.es256]), keys: KeySource(Fixture.keySet))
        let second = Verifier.TrustedIssuer(
            ClaimPolicy(issuer: "https://second.example", audience: "billing", algorithms: [.es256]),
            keys: KeySource(KeySet([try JWK(other.verificationKey, keyID: "key-ES256")])))
        let verifier = Verifier(trusting: [first, second], clock: .fixed(Fixture.now))
        let claims = #"{"iss":"https://second.example","aud":"billing","exp":\#(Fixture.now + 1)}"#
        let header = Array(Fixture.header(.es256).utf8)
        for _ in 0..<3 {
            #expect(Fixture.error(Fixture.token(), verifier) == nil)
            let good = Fixture.token(headerBytes: header, payload: Array(claims.utf8), other)
            #expect(Fixture.error(good, verifier) == nil)
            // Row 10: the same kid under another issuer is another key.
            #expect(Fixture.error(Fixture.token(payload: claims), verifier) == .badSignature)
            let stolen = Fixture.token(headerBytes: header, payload: Array(Fixture.claims.utf8), other)
            #expect(Fixture.error(stolen, verifier) == .badSignature)
            #expect(
                Fixture.error(
                    Fixture.token(payload: claims.replacingOccurrences(of: "second", with: "third")), verifier)
                    == .untrustedIssuer)
        }
    }
}
