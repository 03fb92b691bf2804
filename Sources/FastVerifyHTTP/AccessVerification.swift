public import FastVerify
public import FastVerifyAccess

extension RemoteVerifier: TokenVerification {
    public func verifiedToken(_ token: String) async throws(Refusal) -> VerifiedToken {
        do throws(VerificationError) { return try await verify(token) } catch { throw Refusal(error) }
    }
}
