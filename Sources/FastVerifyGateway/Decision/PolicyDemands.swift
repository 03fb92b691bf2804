internal import FastVerify
internal import FastVerifyAccess
internal import HTTPTypes

/// What a policy asks of a request besides a good token: which credentials it takes, what their sender has to show, how often
/// it may come. Policies that ask for nothing more have none. Immutable; what changes with requests is in its parts, which
/// outlive a reload.
final class PolicyDemands: Sendable {
    let sources: CredentialSources
    /// `nil`: tokens that are bound to a key or certificate are refused.
    let constraint: SenderConstraint?
    let needsProof: Bool
    let needsCertificate: Bool
    /// The field in which a proxy says which certificate the client has.
    let certificateField: ForwardedCertificate?
    let readsConnection: Bool
    let external: RequestTarget.External
    let limiter: RateLimiter?
    let crossOrigin: CrossOriginRules?
    /// False where nothing but `Authorization` counts: then the request is not copied.
    let readsFields: Bool

    init(
        _ configuration: DemandConfiguration, tokenBytes: Int, proofs: ProofVerifier?, forgeryGuard: CSRFGuard?,
        limiter: RateLimiter?
    ) {
        let (proof, certificate) = (configuration.proof, configuration.certificate)
        // The configuration has no cookie without a guard.
        let cookie = forgeryGuard.flatMap { csrf in configuration.cookie.map { TokenCookie($0, guardedBy: csrf) } }
        sources = CredentialSources(
            schemes: proof == nil ? [.bearer] : [.bearer, .dpop], cookie: cookie, tokenBytes: tokenBytes)
        needsProof = proof?.mode == .required
        needsCertificate = certificate?.isRequired ?? false
        constraint = proof == nil && certificate == nil ? nil : SenderConstraint(proofs: proofs)
        certificateField = certificate?.forwarded
        readsConnection = certificate?.origin == .connection
        external = RequestTarget.External(
            scheme: proof?.origin?.scheme ?? "https", authority: proof?.origin?.authority)
        self.limiter = limiter
        crossOrigin = configuration.crossOrigin.map { CrossOriginRules($0) }
        readsFields = constraint != nil || configuration.cookie != nil || crossOrigin != nil
    }

    /// The steps after the signature, in their order. What they find out for the answer is noted in `presented`, also when they refuse.
    func check(
        _ claims: borrowing ClaimSet, _ presented: PresentedRequest, _ access: AccessPolicy, _ facts: AccessRequest
    ) throws(Refusal) {
        let shown = try checkSender(claims, presented)
        try checkQuota(claims, presented)
        try checkRules(claims, presented, access, facts, shown)
    }

    /// The step before the signature: which token it is that the request carries, and whether a cookie with one may have been sent
    /// by another site's page. `nil`: none.
    func credential(of presented: PresentedRequest) throws(Refusal) -> Credential? {
        presented.scheme = sources.scheme(of: presented.request) ?? presented.scheme
        return try sources.credential(of: presented.request)
    }

    /// Whether the token's holder has sent it.
    func checkSender(
        _ claims: borrowing ClaimSet, _ presented: PresentedRequest
    ) throws(Refusal) -> KeyConfirmation {
        guard let constraint, let credential = presented.credential else { return KeyConfirmation() }
        let evidence = SenderConstraint.Evidence(
            of: presented.request, credential, external: external, certificate: try certificate(presented))
        let outcome = try constraint.check(claims, text: credential.token, evidence: evidence)
        if needsProof, outcome.shownKeys.keyThumbprint == nil {
            throw Refusal(.invalidToken, "token_not_bound_to_key")
        }
        if needsCertificate, outcome.shownKeys.certificateThumbprint == nil {
            throw Refusal(.invalidToken, "token_not_bound_to_certificate")
        }
        if let nonce = outcome.nextNonce { presented.fields.append(("DPoP-Nonce", nonce)) }
        return outcome.shownKeys
    }

    private func certificate(_ presented: PresentedRequest) throws(Refusal) -> ClientCertificate? {
        if readsConnection { return presented.connectionCertificate }
        // Whoever may connect is a proxy: see `ListenerConfiguration.Peers`.
        return try certificateField?.certificate(in: presented.request.headerFields, isFromTrustedProxy: true)
    }

    func checkRules(
        _ claims: borrowing ClaimSet, _ presented: PresentedRequest, _ access: AccessPolicy, _ facts: AccessRequest,
        _ shown: KeyConfirmation
    ) throws(Refusal) {
        var facts = facts
        facts.scheme = presented.credential?.scheme ?? .bearer
        facts.shownKeys = shown
        try access.check(claims, facts)
    }

    /// When the sender is known, so that nobody else can use somebody's bucket up; before the rules, so that trying them is not free.
    func checkQuota(_ claims: borrowing ClaimSet, _ presented: PresentedRequest) throws(Refusal) {
        guard let limiter else { return }
        let decision = limiter.take(claims)
        for field in decision.fields { presented.fields.append((field.name.rawName, field.value)) }
        try decision.check()
    }
}
