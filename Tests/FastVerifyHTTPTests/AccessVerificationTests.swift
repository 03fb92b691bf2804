import FastVerify
import FastVerifyAccess
import FastVerifyHTTP
import Testing

struct AccessVerificationTests {
    private func verifiedToken(_ verification: some TokenVerification, _ token: String) async throws -> VerifiedToken {
        try await verification.verifiedToken(token)
    }

    @Test func aRemoteVerifierAnswersWithRefusals() async throws {
        let keys = KeySource(KeySet(try JWKSet(json: Array(Issuer.set(0).utf8))))
        let remote = RemoteVerifier(Verifier(Issuer.policy(), keys: keys, clock: .fixed(Issuer.now)), keys: [])
        #expect(try await verifiedToken(remote, Issuer.token(0)).subject == "u")
        await #expect(throws: Refusal(.keyNotFound)) { try await verifiedToken(remote, Issuer.token(1)) }
        await #expect(throws: Refusal(.notCompact)) { try await verifiedToken(remote, "a") }
    }
}
