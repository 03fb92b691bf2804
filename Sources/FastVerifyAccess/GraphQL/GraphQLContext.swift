public import FastVerify

/// What resolvers may know about the caller: made once for an HTTP request, or for an operation of a WebSocket, and handed to
/// every resolver by whatever GraphQL library runs them.
///
///     let context = GraphQLContext<AccessIdentity>(identity: identity, token: token, request: accessRequest)
///     func email(of user: User, _ context: GraphQLContext<AccessIdentity>) throws(Refusal) -> String {
///         try context.require(.any(.scopes("users:email"), .claim("sub", is: .equals(user.id))))
///         return user.email
///     }
public struct GraphQLContext<Identity: TokenIdentity>: Sendable {
    /// `nil` for an anonymous caller.
    public let identity: Identity?
    public let token: VerifiedToken?
    /// The HTTP request, or the handshake of the WebSocket.
    public let request: AccessRequest
    public let names: ClaimNames
    /// Of the connection, where the operation is a part of one: what it has been begun with ends with it.
    public let lease: ConnectionLease?

    public init(
        identity: Identity?, token: VerifiedToken?, request: AccessRequest, names: ClaimNames = ClaimNames(),
        lease: ConnectionLease? = nil
    ) {
        self.identity = identity
        self.token = token
        self.request = request
        self.names = names
        self.lease = lease
    }

    /// Reads the identity out of a token that has been verified and checked; `nil` is an anonymous caller.
    public init(
        _ token: VerifiedToken?, request: AccessRequest, names: ClaimNames = ClaimNames(), lease: ConnectionLease? = nil
    ) throws(Refusal) {
        var identity: Identity?
        if let token { identity = try Identity(claims: token.claims, names: names) }
        self.init(identity: identity, token: token, request: request, names: names, lease: lease)
    }

    /// Throws unless the caller's token satisfies the rule: `noCredentials` for an anonymous caller, `invalidToken` for one
    /// whose lease has ended since.
    public func require(_ rule: AccessRule) throws(Refusal) {
        guard let token else { throw Refusal(.noCredentials, "no_credentials") }
        if let lease, !lease.isActive { throw Refusal(.invalidToken, "lease_ended") }
        try rule.check(token.claims, request, names: names)
    }

    /// Whether `require` would pass: for fields that are left out instead of refused.
    public func allows(_ rule: AccessRule) -> Bool {
        do throws(Refusal) {
            try require(rule)
            return true
        } catch {
            return false
        }
    }
}
