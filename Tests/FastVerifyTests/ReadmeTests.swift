import FastVerify
import Testing

/// The README's Swift, as it stands there.
@Suite struct ReadmeTests {
    struct MyClaims: Decodable { let tenant: String }

    @Test func example() throws {
        let key = try SigningKey(generate: .es256, keyID: "2026-11")
        let bytes = Array(#"{"keys":[\#(key.publicJWK)]}"#.utf8)
        let text = try #require(
            key.token(
                payload: Array(
                    #"{"iss":"https://id.example","aud":"orders","sub":"alice","exp":99999999999,"tenant":"acme"}"#.utf8
                )))
        let tokens = [text, "not a token"]

        let set = try JWKSet(json: bytes)
        let keys = KeySource(KeySet(set))
        let policy = ClaimPolicy(issuer: "https://id.example", audience: "orders", algorithms: [.es256])
        let verifier = Verifier(policy, keys: keys)

        let token = try verifier.verify(text)
        #expect(token.subject == "alice" && token.scopes.isEmpty && token.claims["tenant"]?.string == "acme")
        let claims = try token.decode(as: MyClaims.self)
        #expect(claims.tenant == "acme")

        var batch = VerificationBatch()
        verifier.verify(batch: tokens, into: &batch)
        #expect(batch.error(at: 0) == nil && batch.error(at: 1) == .notCompact)
        #expect(batch.claims(at: 0)?.subject == "alice")
    }

    @Test func server() async throws {
        let key = try SigningKey(generate: .es256)
        let keys = KeySource(KeySet(try JWKSet(json: Array(#"{"keys":[\#(key.publicJWK)]}"#.utf8))))
        let policy = ClaimPolicy(issuer: "https://id.example", audience: "orders", algorithms: [.es256])
        let payload = #"{"iss":"https://id.example","aud":"orders","sub":"alice","exp":99999999999}"#
        let text = try #require(key.token(payload: Array(payload.utf8)))
        let stream = AsyncStream { continuation in
            continuation.yield(text)
            continuation.finish()
        }

        // A minute, as in the README, can pass between two lines of a test.
        let revocation = RevocationSet(capacity: 1_000_000, staleness: .failClosed(after: 86_400))
        let pool = VerifierPool(
            Verifier(policy, keys: keys, cache: TokenCache(bytes: 64 << 20), revocation: revocation))
        // Nobody has fed it yet.
        #expect(await pool.verdict(text).failure == .refused(.revocationUnknown))
        revocation.markFresh(at: UnixClock.system.now)

        let token = try await pool.verify(text)
        #expect(token.subject == "alice")
        for try await verdict in pool.verdicts(on: stream) { #expect(verdict.token?.subject == "alice") }
    }
}
