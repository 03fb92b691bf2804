public import HTTPTypes

/// What rules may know about a request besides its token.
public struct AccessRequest: Sendable {
    /// `Host` or `:authority`.
    public var authority: String?
    public var fields: HTTPFields
    /// Parameters of the route's path by name, as its handler sees them. A server need fill in only those of
    /// `AccessRule.pathParameters`.
    public var pathParameters: [String: String]
    /// Seconds since 1970-01-01 UTC.
    public var now: Int64
    /// How the token was presented.
    public var scheme: CredentialScheme
    /// The keys that the sender has shown to hold: set it only after checking a proof or a connection.
    public var shownKeys: KeyConfirmation

    public init(
        authority: String? = nil, fields: HTTPFields = [:], pathParameters: [String: String] = [:], now: Int64,
        scheme: CredentialScheme = .bearer, shownKeys: KeyConfirmation = KeyConfirmation()
    ) {
        self.authority = authority
        self.fields = fields
        self.pathParameters = pathParameters
        self.now = now
        self.scheme = scheme
        self.shownKeys = shownKeys
    }

    public init(
        _ request: HTTPRequest, pathParameters: [String: String] = [:], now: Int64, scheme: CredentialScheme = .bearer,
        shownKeys: KeyConfirmation = KeyConfirmation()
    ) {
        self.init(
            authority: request.authority, fields: request.headerFields, pathParameters: pathParameters, now: now,
            scheme: scheme, shownKeys: shownKeys)
    }
}
