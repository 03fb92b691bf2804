public import FastVerify
public import HTTPTypes

/// What protects an API: where its tokens stand, what they must say, and what is answered to those that do not pass.
///
/// A request takes these steps, of which only the second may wait:
///
///     let credential = try policy.credential(of: request)          // nil: anonymous, where that is allowed
///     let token = try await pool.verifiedToken(credential.token)   // or a batch
///     let sender = try policy.confirm(token.claims, credential, request, from: peer)
///     try policy.limits?.take(token.claims).check()
///     try policy.check(
///         token.claims,
///         AccessRequest(request, now: now, scheme: credential.scheme, shownKeys: sender.shownKeys))
///
/// Each throws a `Refusal`, of which `space.response(to:presenting:)` makes the answer. Limits come after the sender is known, so
/// that nobody can use up another's, and before the rules. Immutable once shared.
public struct AccessPolicy: Sendable {
    public var space: ProtectionSpace
    public var sources: CredentialSources
    public var names: ClaimNames
    /// What every request's token must say, before rules of routes.
    public var rule: AccessRule
    /// Whether a request without credentials passes, without an identity. One with bad credentials never does.
    public var allowsAnonymous: Bool
    /// Whether a token that is bound to a key (`cnf`) is taken from a sender who has not shown the key, as a bearer token is.
    /// Whoever steals such a token can then use it.
    public var ignoresKeyConfirmation = false
    /// What senders of bound tokens have to show. Where it is `nil`, such tokens are refused.
    public let sender: SenderConstraint?
    /// How requests reach this server: what proofs are made for, where certificates and addresses stand.
    public var ingress: Ingress
    /// How often somebody may call, by what a token says.
    public var limits: RateLimiter?
    /// How often an address may send requests that say nobody's name, or nothing good: whoever tries tokens.
    public var strangers: RateLimiter?

    /// With a `sender` that verifies proofs, the scheme `DPoP` is accepted and offered, with the algorithms that are verified.
    public init(
        _ space: ProtectionSpace, sources: CredentialSources = CredentialSources(), names: ClaimNames = ClaimNames(),
        rule: AccessRule = .authenticated, allowsAnonymous: Bool = false, sender: SenderConstraint? = nil,
        ingress: Ingress = Ingress(), limits: RateLimiter? = nil, strangers: RateLimiter? = nil
    ) {
        self.space = space
        self.sources = sources
        self.names = names
        self.rule = rule
        self.allowsAnonymous = allowsAnonymous
        self.sender = sender
        self.ingress = ingress
        self.limits = limits
        self.strangers = strangers
        if let proofs = sender?.proofs {
            self.sources.schemes.insert(.dpop)
            self.space = space.offeringProofs(proofs.policy.algorithms)
        }
    }

    /// The first step. `nil` only where anonymous requests are allowed and this is one.
    ///
    /// - Parameter form: the body, where `sources.readsForm` says that it is wanted.
    public func credential(of request: HTTPRequest, form: [UInt8]? = nil) throws(Refusal) -> Credential? {
        let credential = try sources.credential(of: request, form: form)
        guard credential != nil || allowsAnonymous else { throw Refusal(.noCredentials, "no_credentials") }
        return credential
    }

    /// Whether what `confirm` looks at besides the request matters for a token: how its connection was made.
    public func looksAtConnection(_ claims: borrowing ClaimSet) -> Bool { sender != nil && claims["cnf"] != nil }

    /// The third step: whether the sender holds what the token is bound to. What is found goes on to `check`, and a nonce to the
    /// answer, whatever that will be.
    public func confirm(
        _ claims: borrowing ClaimSet, _ credential: Credential, _ request: HTTPRequest, from peer: ConnectionPeer
    ) throws(Refusal) -> SenderConstraint.Outcome {
        var outcome = SenderConstraint.Outcome()
        if let sender {
            var evidence = SenderConstraint.Evidence(scheme: credential.scheme)
            if looksAtConnection(claims) {
                evidence.proofs = request.headerFields[values: .dpop]
                evidence.target = ingress.target(of: request, from: peer)
                evidence.certificate = try ingress.certificate(of: request, from: peer)
            }
            outcome = try sender.check(claims, text: credential.token, evidence: evidence)
        } else if !ignoresKeyConfirmation {
            try KeyConfirmation.check(claims, shown: outcome.shownKeys, scheme: credential.scheme)
        }
        return outcome
    }

    /// The last step: whether the sender may use this token, and whether its claims satisfy the rule.
    public func check(_ claims: borrowing ClaimSet, _ request: borrowing AccessRequest) throws(Refusal) {
        if !ignoresKeyConfirmation {
            try KeyConfirmation.check(claims, shown: request.shownKeys, scheme: request.scheme)
        }
        try rule.check(claims, request, names: names)
    }
}
