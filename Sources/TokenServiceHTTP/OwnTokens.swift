internal import FastVerify
internal import FastVerifyAccess
internal import TokenService

/// Access tokens for the service's own endpoints: what was taken back counts at once, whichever instance did it.
struct OwnTokens: TokenVerification {
    let issuer: TokenIssuer

    func verifiedToken(_ token: String) async throws(Refusal) -> VerifiedToken {
        let verified: VerifiedToken?
        do { verified = try await issuer.verifiedToken(token) } catch {
            throw Refusal(.unavailable, "store_unavailable")
        }
        guard let verified else { throw Refusal(.invalidToken, "own_token_refused") }
        return verified
    }
}
