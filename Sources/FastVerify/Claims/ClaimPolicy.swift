/// What an accepted token must say. Issuer, audience and algorithms have no default: a policy that leaves one of them
/// out has to say so in words.
///
/// Setting one option never switches another off. Time arithmetic saturates; a registered claim of a wrong type is
/// refused, never treated as absent, whether or not the policy asks for it.
public struct ClaimPolicy: Sendable {
    /// The value a token's `iss` or `aud` must name.
    public enum Expected: Sendable {
        case exactly(String)
        case oneOf([String])
        /// As issuer: accepts tokens of anybody who can sign under one of the keys.
        /// As audience: accepts tokens that were issued for somebody else.
        case dangerouslyAny

        var names: [String]? {
            switch self {
            case .exactly(let name): [name]
            case .oneOf(let names): names
            case .dangerouslyAny: nil
            }
        }
    }

    /// Whose tokens are trusted.
    public let issuer: Expected
    /// For whom a token must be meant.
    public let audience: Expected
    public let algorithms: AlgorithmSet

    /// Types (`typ`) that are accepted.
    public var types: Set<TokenType> = [.absent, .jwt]
    /// Whether a token without `exp` is refused.
    public var requiresExpiration = true
    /// Seconds that clocks may differ, applied to `exp`, `nbf` and `iat`; negative counts as 0.
    public var leeway: Int64 = 0
    /// Seconds since `iat` after which a token is refused however long it would live; needs `iat`.
    public var maximumAge: Int64?
    /// Claims that must be present and not null.
    public var requiredClaims: [String] = []
    /// Scopes that must all be granted, by `scope` or `scp`.
    public var requiredScopes: [String] = []
    /// Roles that must all be present in the claim `rolesPath` leads to.
    public var requiredRoles: [String] = []
    /// Where roles stand: names from the top-level object inwards, e.g. `["realm_access", "roles"]`.
    public var rolesPath: [String] = ["roles"]
    /// Tests of your own, run last, on claims whose signature has been verified.
    public var predicates: [@Sendable (borrowing ClaimSet) -> Bool] = []

    /// Set where only signatures are checked.
    var acceptsAnyType = false

    public init(issuer: Expected, audience: Expected, algorithms: AlgorithmSet) {
        self.issuer = issuer
        self.audience = audience
        self.algorithms = algorithms
    }

    /// The usual case: one issuer, one audience.
    public init(issuer: String, audience: String, algorithms: AlgorithmSet) {
        self.init(issuer: .exactly(issuer), audience: .exactly(audience), algorithms: algorithms)
    }

    /// JWT access tokens of OAuth 2.0 (RFC 9068 §4): `typ` is `at+jwt`, and iss, exp, aud, sub, client_id, iat and jti
    /// are all present.
    public static func accessToken(issuer: Expected, audience: Expected, algorithms: AlgorithmSet) -> ClaimPolicy {
        var policy = ClaimPolicy(issuer: issuer, audience: audience, algorithms: algorithms)
        policy.types = [.accessToken]
        policy.requiredClaims = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]
        return policy
    }

    public static func accessToken(issuer: String, audience: String, algorithms: AlgorithmSet) -> ClaimPolicy {
        accessToken(issuer: .exactly(issuer), audience: .exactly(audience), algorithms: algorithms)
    }

    /// Whether the policy takes tokens with this `typ`.
    func accepts(_ type: JSONValue?) -> Bool { acceptsAnyType || types.contains { $0.matches(type) } }
}
