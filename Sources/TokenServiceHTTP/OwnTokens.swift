internal import FastVerify
internal import FastVerifyAccess
internal import TokenService

/// Access tokens for the service's own endpoints: what was taken back counts at once, whichever instance did it.
struct OwnTokens: TokenVerification {
    let issuer: TokenIssuer
    /// Whether they must be for this service: users may see their own sessions with the token that they have for the API.
    var mustBeForIssuer = true

    func verifiedToken(_ token: String) async throws(Refusal) -> VerifiedToken {
        let verified: VerifiedToken?
        do { verified = try await issuer.verifiedToken(token) } catch {
            throw Refusal(.unavailable, "store_unavailable")
        }
        guard let verified else { throw Refusal(.invalidToken, "own_token_refused") }
        guard !mustBeForIssuer || verified.audience.contains(issuer.rules.issuer) else {
            throw Refusal(.invalidToken, "own_token_audience")
        }
        return verified
    }
}
