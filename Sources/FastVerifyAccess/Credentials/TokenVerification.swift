public import FastVerify

/// Whoever can tell whether a token is good: the second step of a request's way, between its credential and the rules.
///
/// `Verifier`, `VerifierPool` and, with FastVerifyHTTP, `RemoteVerifier` are. Whoever has a `VerificationBatch` needs none: the
/// first and the third step are synchronous.
public protocol TokenVerification: Sendable {
    /// - Throws: what the client is told and the log learns.
    func verifiedToken(_ token: String) async throws(Refusal) -> VerifiedToken
}

extension Verifier: TokenVerification {
    public func verifiedToken(_ token: String) async throws(Refusal) -> VerifiedToken {
        do throws(VerificationError) { return try verify(token) } catch { throw Refusal(error) }
    }
}

extension VerifierPool: TokenVerification {
    public func verifiedToken(_ token: String) async throws(Refusal) -> VerifiedToken {
        do throws(Failure) { return try await verify(token) } catch { throw Refusal(error) }
    }
}
