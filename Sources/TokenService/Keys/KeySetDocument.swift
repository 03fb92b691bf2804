internal import FastVerify

/// A JWK Set to be published (RFC 7517 §5), with its entity tag. Public members only.
public struct KeySetDocument: Sendable, Hashable {
    public let json: String
    /// Strong (RFC 9110 §8.8.3); the same for the same keys in every instance.
    public let entityTag: String

    init(jwks: [String]) {
        json = "{\"keys\":[\(jwks.joined(separator: ","))]}"
        entityTag = "\"" + Base64URL.encode(Array(SHA256Digest(of: Array(json.utf8)).bytes.prefix(12))) + "\""
    }
}
