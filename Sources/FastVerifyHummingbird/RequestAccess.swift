public import FastVerify
public import FastVerifyAccess

/// Who is behind a request.
public struct RequestAccess<Identity: TokenIdentity>: Sendable {
    /// `nil` for an anonymous request.
    public internal(set) var identity: Identity?
    /// All claims, for what `Identity` does not hold.
    public internal(set) var token: VerifiedToken?

    public init() {}
}
