public import FastVerify
public import HTTPTypes

/// What protects an API: where its tokens stand, what they must say, and what is answered to those that do not pass.
///
/// A request takes three steps, of which only the second may wait:
///
///     let credential = try policy.credential(of: request)          // nil: anonymous, where that is allowed
///     let token = try await pool.verifiedToken(credential.token)   // or a batch
///     try policy.check(token.claims, AccessRequest(request, now: now, scheme: credential.scheme))
///
/// Each throws a `Refusal`, of which `space.response(to:presenting:)` makes the answer. Immutable once shared.
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

    public init(
        _ space: ProtectionSpace, sources: CredentialSources = CredentialSources(), names: ClaimNames = ClaimNames(),
        rule: AccessRule = .authenticated, allowsAnonymous: Bool = false
    ) {
        self.space = space
        self.sources = sources
        self.names = names
        self.rule = rule
        self.allowsAnonymous = allowsAnonymous
    }

    /// The first step. `nil` only where anonymous requests are allowed and this is one.
    ///
    /// - Parameter form: the body, where `sources.readsForm` says that it is wanted.
    public func credential(of request: HTTPRequest, form: [UInt8]? = nil) throws(Refusal) -> Credential? {
        let credential = try sources.credential(of: request, form: form)
        guard credential != nil || allowsAnonymous else { throw Refusal(.noCredentials, "no_credentials") }
        return credential
    }

    /// The third step: whether the sender may use this token, and whether its claims satisfy the rule.
    public func check(_ claims: borrowing ClaimSet, _ request: borrowing AccessRequest) throws(Refusal) {
        if !ignoresKeyConfirmation {
            try KeyConfirmation.check(claims, shown: request.shownKeys, scheme: request.scheme)
        }
        try rule.check(claims, request, names: names)
    }
}
