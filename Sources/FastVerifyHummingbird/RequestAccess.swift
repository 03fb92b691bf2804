public import FastVerify
public import FastVerifyAccess
internal import HTTPTypes
public import Hummingbird
internal import NIOCore

/// What an authenticator has learnt from a request.
public struct RequestAccess<Identity: TokenIdentity>: Sendable {
    /// `nil` for an anonymous request.
    public internal(set) var identity: Identity?
    /// All claims, for what `Identity` does not hold. `nil` for an anonymous request.
    public internal(set) var token: VerifiedToken?
    /// How the token came; `nil` for an anonymous request.
    public internal(set) var source: Credential.Source?
    /// What the policy's limits have said about this request.
    public internal(set) var limit: LimitDecision?
    /// Of the connection that the request came by.
    let channel: any Channel
    /// The scheme of the credentials that were sent, good or not.
    var scheme: CredentialScheme?
    /// Whether a verified token came from who may present it.
    var isConfirmed = false
    /// The value of `DPoP-Nonce` in the answer (RFC 9449 §8.2).
    var nextNonce: String?
    /// Whose rules apply; `nil` before an authenticator has seen the request.
    var protection: Protection?

    /// Of a request that no authenticator has seen.
    public init(source: ApplicationRequestContextSource) { channel = source.channel }

    /// The same connection, and nothing known.
    init(of channel: any Channel, under protection: Protection) {
        self.channel = channel
        self.protection = protection
    }

    /// What the answer tells besides, whatever it is.
    var fields: HTTPFields {
        var fields = limit?.fields ?? [:]
        fields[.dpopNonce] = nextNonce
        return fields
    }
}
