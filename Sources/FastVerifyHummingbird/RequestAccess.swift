public import FastVerify
public import FastVerifyAccess

/// What an authenticator has learnt from a request.
public struct RequestAccess<Identity: TokenIdentity>: Sendable {
    /// `nil` for an anonymous request.
    public internal(set) var identity: Identity?
    /// All claims, for what `Identity` does not hold. `nil` for an anonymous request.
    public internal(set) var token: VerifiedToken?
    /// How the token came; `nil` for an anonymous request.
    public internal(set) var source: Credential.Source?
    /// The scheme of the credentials that were sent, good or not.
    var scheme: CredentialScheme?
    /// Whose rules apply; `nil` before an authenticator has seen the request.
    var protection: Protection?

    /// Of a request that no authenticator has seen.
    public init() {}
}
