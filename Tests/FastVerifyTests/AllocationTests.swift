import CAllocations
import FastVerify
import Foundation
import XCTest

/// Contract 3: the batch API allocates nothing per token, accepted or refused; one token alone allocates its result.
///
/// What libcrypto allocates inside a verification is its own affair and counted apart; HMAC and libsodium rows allocate
/// nothing at all. XCTest here: Swift Testing records a backtrace, on the heap, for every error thrown in its process.
final class AllocationTests: XCTestCase {
    override func setUpWithError() throws {
        #if DEBUG
            throw XCTSkip("SKIPPED: allocations are counted in release builds, as unoptimised closures allocate")
        #else
            try XCTSkipUnless(allocations_counted(), "SKIPPED: a sanitizer owns the allocator")
        #endif
    }

    private func own(_ body: () -> Void) -> UInt64 {
        let before = allocations_own()
        body()
        return allocations_own() - before
    }

    func testTheCounterCounts() {
        var kept: [[Int]] = []
        kept.reserveCapacity(100)
        XCTAssertTrue(own { for size in 1...100 { kept.append(Array(repeating: 1, count: size)) } } >= 100)
    }

    func testAcceptedTokens() {
        for algorithm in Algorithm.allCases { checkAcceptedTokens(algorithm) }
    }

    private func checkAcceptedTokens(_ algorithm: Algorithm) {
        let verifier = Fixture.verifier()
        let tokens = (0..<64).map { Fixture.token(payload: Fixture.claims("sub", "\"u\($0)\""), algorithm) }
        let bytes = tokens.map { Array($0.utf8) }
        var batch = VerificationBatch()
        for _ in 0..<3 { verifier.verify(batch: tokens, into: &batch) }
        XCTAssertEqual(own { verifier.verify(batch: tokens, into: &batch) }, 0)
        XCTAssertEqual(batch.validCount, 64)
        XCTAssertEqual(own { verifier.verify(batch: bytes, into: &batch) }, 0)
        // Raw buffers.
        let flat = Array(bytes.joined())
        flat.withUnsafeBytes { flat in
            var offset = 0
            let views = bytes.map { token in
                defer { offset += token.count }
                return UnsafeRawBufferPointer(rebasing: flat[offset..<offset + token.count])
            }
            XCTAssertEqual(own { verifier.verify(batch: views, into: &batch) }, 0)
        }
        XCTAssertEqual(batch.validCount, 64)
    }

    func testHmacAllocatesNothingAnywhere() {
        let verifier = Fixture.verifier()
        let tokens = (0..<64).map { Fixture.token(payload: Fixture.claims("sub", "\"u\($0)\""), .hs256) }
        var batch = VerificationBatch()
        for _ in 0..<3 { verifier.verify(batch: tokens, into: &batch) }
        let before = allocations_openssl()
        verifier.verify(batch: tokens, into: &batch)
        XCTAssertEqual(allocations_openssl(), before)
    }

    /// Every reason for refusal there is.
    static let refused: [(String, VerificationError)] = {
        let e = VerificationError.self
        func header(_ text: String) -> String { Fixture.token(header: text) }
        let parts = Fixture.token().split(separator: ".")
        func acceptable(_ id: String) -> String {
            let more = #","scope":"read write","roles":["admin"],"tenant":"acme","jti":"\#(id)"}"#
            return Fixture.token(payload: Fixture.claims("scope", nil).dropLast() + more)
        }
        var strict = [(String, VerificationError)]()
        strict += [
            (String(repeating: "A", count: 70_000), e.tokenTooLarge), ("a.b", e.notCompact),
            ("\(parts[0]).\(parts[1])=.\(parts[2])", e.invalidEncoding), (header("[]"), e.malformedHeader),
            (header(#"{"alg":"ES256","kid":1}"#), e.malformedHeader),
            (header(#"{"alg":"none"}"#), e.unsupportedAlgorithm),
            (header(#"{"\u0061lg":"\u0045S25"}"#), e.unsupportedAlgorithm),
            (header(#"{"alg":"ES256","crit":["x"]}"#), e.criticalHeader),
            (header(#"{"alg":"ES256","b64":false}"#), e.unsupportedHeader),
            (header(#"{"alg":"ES256","kid":"key-ES256","typ":"logout+jwt"}"#), e.wrongType),
            (header(#"{"alg":"ES256","kid":"key-ES256","typ":"\u0061t+jwt"}"#), e.wrongType),
            (header(#"{"alg":"ES256","kid":"unknown"}"#), e.keyNotFound),
            (header(#"{"alg":"ES256","kid":"\u0061"}"#), e.keyNotFound),
            (header(#"{"alg":"ES256","kid":"key-RS256"}"#), e.keyMismatch),
            (header(#"{"alg":"RS256"}"#), e.ambiguousKey),
            (Fixture.token(payload: "{"), e.malformedPayload),
            (Fixture.token(payload: #"{"a":1,"a":2}"#), e.duplicateMember),
            (Fixture.token(payload: String(repeating: "[", count: 100)), e.tooComplex),
            (Fixture.token(payload: Fixture.claims("iss", "\"x\"")), e.untrustedIssuer),
            ("\(parts[0]).\(parts[1]).AAAA", e.signatureLength),
            ("\(parts[0]).\(Fixture.encode(Fixture.claims("sub", "\"x\""))).\(parts[2])", e.badSignature),
            (Fixture.token(payload: Fixture.claims("exp", "\"x\"")), e.invalidClaim),
            (Fixture.token(payload: Fixture.claims("aud", "[\"x\"]")), e.wrongAudience),
            (Fixture.token(payload: Fixture.claims("exp", nil)), e.missingClaim),
            (Fixture.token(payload: Fixture.claims("exp", "1")), e.expired),
            (Fixture.token(payload: Fixture.claims("nbf", "1900000000")), e.notYetValid),
            (Fixture.token(payload: Fixture.claims("iat", "1900000000")), e.issuedInFuture),
            (Fixture.token(payload: Fixture.claims("iat", "1")), e.tooOld),
            (Fixture.token(payload: Fixture.claims("scope", "\"read\"")), e.insufficientScope),
            (Fixture.token(payload: Fixture.claims("scope", "\"read write\"")), e.insufficientRole),
            (
                Fixture.token(payload: Fixture.claims.dropLast() + #","scope":"read write","roles":["admin"]}"#),
                e.refusedByPolicy
            ),
            (acceptable("gone"), e.revoked), (acceptable("here"), e.revocationUnknown),
            (Fixture.token(header: #"{"alg":"HS512","kid":"key-HS512"}"#, .hs512), e.algorithmNotAllowed),
        ]
        return strict
    }()

    func testRefusedTokens() {
        var policy = Fixture.policy([.es256, .rs256])
        policy.maximumAge = 1_000_000_000
        policy.requiredScopes = ["write"]
        policy.requiredRoles = ["admin"]
        policy.predicates = [{ claims in claims["tenant"]?.equals("acme") ?? false }]
        let rsa = Fixture.key(.rs256).verificationKey
        let keys = KeySet(
            Fixture.keySet.keys + [try! JWK(rsa, keyID: "second", algorithm: .rs256)])
        let revocation = RevocationSet(capacity: 10, staleness: .failOpen)
        try! revocation.apply(RevocationEvent(issuer: Fixture.issuer, .token(id: "gone"), expiration: .max))
        func made(_ revocation: RevocationSet) -> Verifier {
            Verifier(policy, keys: KeySource(keys), clock: .fixed(Fixture.now), revocation: revocation)
        }
        let verifier = made(revocation)
        let stale = made(RevocationSet(capacity: 10, staleness: .failClosed(after: 60)))
        XCTAssertEqual(Set(Self.refused.map(\.1)), Set(VerificationError.allCases))
        var batch = VerificationBatch()
        for (token, error) in Self.refused {
            let bytes = Array(token.utf8)
            bytes.withUnsafeBytes { token in
                let tokens = [token]
                let verifier = error == .revocationUnknown ? stale : verifier
                for _ in 0..<2 { verifier.verify(batch: tokens, into: &batch) }
                XCTAssertEqual(own { verifier.verify(batch: tokens, into: &batch) }, 0, "\(error)")
                XCTAssertEqual(batch.error(at: 0), error)
            }
        }
    }

    func testHits() {
        let revocation = RevocationSet(capacity: 10, staleness: .failClosed(after: 60))
        for target: RevocationEvent.Target in [
            .token(id: "x"), .subject("x", issuedBefore: 1), .session("x", issuedBefore: 1),
            .tenant("x", issuedBefore: 1), .key("x", issuedBefore: 1), .everything(issuedBefore: 1),
        ] { try! revocation.apply(RevocationEvent(issuer: Fixture.issuer, target, expiration: .max)) }
        revocation.markFresh(at: .max)
        let cache = TokenCache(bytes: 4 << 20)
        let verifier = Verifier(
            Fixture.policy(), keys: KeySource(Fixture.keySet), clock: .fixed(Fixture.now), cache: cache,
            revocation: revocation)
        let tokens = (0..<64).map { Fixture.token(payload: Fixture.claims("jti", "\"u\($0)\\n\""), .es256) }
        var batch = VerificationBatch()
        for _ in 0..<3 { verifier.verify(batch: tokens, into: &batch) }
        XCTAssertEqual(own { verifier.verify(batch: tokens, into: &batch) }, 0)
        XCTAssertEqual(batch.validCount, 64)
        XCTAssertEqual(cache.statistics.hits, 3 * 64)
        var kept: VerifiedToken?
        for _ in 0..<3 { kept = try? verifier.verify(tokens[0]) }
        XCTAssertTrue(own { kept = try? verifier.verify(tokens[0]) } <= 1)
        XCTAssertEqual(kept?.tokenID, "u0\n")
    }

    func testOneTokenAlone() throws {
        let verifier = Fixture.verifier()
        let token = Fixture.token(.hs256)
        let forged = String(token.dropLast(3)) + "AAA"
        for _ in 0..<3 { _ = try verifier.verify(token) }
        var kept: VerifiedToken?
        XCTAssertTrue(own { kept = try? verifier.verify(token) } <= 1)
        XCTAssertEqual(kept?.subject, "user-1")
        XCTAssertEqual(own { _ = Fixture.error(forged, verifier) }, 0)
    }
}
