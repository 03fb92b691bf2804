public import FastVerify

/// Who calls, by the claims that access tokens commonly have (RFC 9068 §2.2). Values are those of the token; an absent claim,
/// or one of another type, is `nil` or empty.
public struct AccessIdentity: TokenIdentity, Hashable {
    public var issuer: String?
    public var subject: String?
    /// `client_id`, else `azp`.
    public var clientID: String?
    public var tenant: String?
    public var scopes: Set<String>
    public var roles: Set<String>
    public var permissions: Set<String>
    /// Seconds since 1970-01-01 UTC.
    public var expiration: Int64?
    /// `jti`.
    public var tokenID: String?
    /// `sid`.
    public var sessionID: String?
    /// `cnf`: the keys that the token is bound to.
    public var confirmation: KeyConfirmation?

    public init(
        issuer: String? = nil, subject: String? = nil, clientID: String? = nil, tenant: String? = nil,
        scopes: Set<String> = [], roles: Set<String> = [], permissions: Set<String> = [], expiration: Int64? = nil,
        tokenID: String? = nil, sessionID: String? = nil, confirmation: KeyConfirmation? = nil
    ) {
        self.issuer = issuer
        self.subject = subject
        self.clientID = clientID
        self.tenant = tenant
        self.scopes = scopes
        self.roles = roles
        self.permissions = permissions
        self.expiration = expiration
        self.tokenID = tokenID
        self.sessionID = sessionID
        self.confirmation = confirmation
    }

    public init(claims: borrowing ClaimSet, names: ClaimNames = ClaimNames()) {
        issuer = claims.issuer
        subject = claims.subject
        clientID = claims.clientID ?? claims["azp"]?.string
        tenant = claims[path: names.tenant]?.string
        scopes = Set(claims.scopes)
        roles = Self.names(claims, names.roles)
        permissions = Self.names(claims, names.permissions)
        expiration = claims.expiration
        tokenID = claims.tokenID
        sessionID = claims.sessionID
        confirmation = KeyConfirmation(claims: claims)
    }

    private static func names(_ claims: borrowing ClaimSet, _ path: [String]) -> Set<String> {
        guard let value = claims[path: path] else { return [] }
        return Set(value.string.map { [$0] } ?? value.strings)
    }
}
