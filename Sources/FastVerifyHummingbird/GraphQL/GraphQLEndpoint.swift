public import FastVerify
public import FastVerifyAccess
public import HTTPTypes

/// What answers the connections of `graphql-transport-ws` at a path: who may connect, for how long, and who runs the operations.
///
///     let graphQL = GraphQLEndpoint<AccessIdentity, VerifierPool>(pool, policy, leases: LeaseBook()) { context, payload in
///         try await schema.subscribe(payload, context)   // results as JSON
///     }
///     Application(router: router, server: .graphQL(graphQL, at: "/graphql"))
///
/// A token comes in the handshake, where the policy says, or in the payload of `connection_init`; not in both. It goes the way of a
/// request's token, except that no proof can come with it: one that is bound to a key (`jkt`) is refused. A connection ends with
/// the lease of its token, unless that is renewed in place (`GraphQLSocket`). Safe to share.
public struct GraphQLEndpoint<Identity: TokenIdentity, Verification: TokenVerification>: Sendable {
    /// Runs an operation, a GraphQL request as JSON; each element is a result as JSON. It is cancelled when nobody wants results
    /// any more, and asked for the next when the last has been written. A `Refusal` that it throws is told to the client.
    public typealias Execution =
        @Sendable (GraphQLContext<Identity>, String) async throws -> AsyncThrowingStream<String, any Error>

    let verification: Verification
    let policy: AccessPolicy
    let rules: SocketRules
    let leases: LeaseBook
    let clock: UnixClock
    let execution: Execution

    /// - Parameters:
    ///   - leases: whose end closes connections; it has a clock of its own.
    ///   - clock: for rules about the age of a login.
    public init(
        _ verification: Verification, _ policy: AccessPolicy, rules: SocketRules = SocketRules(),
        leases: LeaseBook = LeaseBook(), clock: UnixClock = .system, execution: @escaping Execution
    ) {
        self.verification = verification
        self.policy = policy
        self.rules = rules
        self.leases = leases
        self.clock = clock
        self.execution = execution
    }

    /// The token of a credential, verified and checked for the handshake that it came with, or after.
    func token(
        of credential: Credential, _ handshake: HTTPRequest, from peer: ConnectionPeer
    ) async throws(Refusal) -> VerifiedToken {
        let token = try await verification.verifiedToken(credential.token)
        let sender = try policy.confirm(token.claims, credential, handshake, from: peer)
        try policy.limits?.take(token.claims).check()
        try policy.check(
            token.claims,
            AccessRequest(handshake, now: clock.now, scheme: credential.scheme, shownKeys: sender.shownKeys))
        return token
    }

    /// The token that the handshake itself brings; `nil` where it brings none, which `connection_init` may make up for.
    func token(of handshake: HTTPRequest, from peer: ConnectionPeer) async throws(Refusal) -> VerifiedToken? {
        guard let credential = try policy.sources.credential(of: handshake) else { return nil }
        return try await token(of: credential, handshake, from: peer)
    }

    func context(
        _ token: VerifiedToken?, _ handshake: HTTPRequest, _ lease: ConnectionLease?
    ) throws(Refusal) -> GraphQLContext<Identity> {
        try GraphQLContext(
            token, request: AccessRequest(handshake, now: clock.now), names: policy.names, lease: lease)
    }
}

extension AccessRequestContext {
    /// For the resolvers of a GraphQL request over HTTP: who calls, by the token of its header.
    public func graphQL(_ request: HTTPRequest) -> GraphQLContext<Identity> {
        GraphQLContext(
            identity: access.identity, token: access.token,
            request: AccessRequest(request, now: access.protection?.clock.now ?? 0),
            names: access.protection?.policy.names ?? ClaimNames())
    }
}
