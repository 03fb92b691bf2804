public import FastVerify
public import HTTPTypes

/// Holds whoever presents a verified token against what the token says about its holder (RFC 9449 §7, RFC 8705 §3).
///
/// A token bound to a key needs the scheme `DPoP` and a proof, one bound to a certificate needs that certificate, one bound to
/// both needs both, and one that is bound to nothing must not come with the scheme `DPoP`. Safe to share between threads.
///
/// It stands between a request's second and third step (`AccessPolicy`), which asks for what it has found:
///
///     let evidence = SenderConstraint.Evidence(of: request, credential, certificate: certificate)
///     let sender = try constraint.check(token, text: credential.token, evidence: evidence)
///     try policy.check(
///         token.claims, AccessRequest(request, now: now, scheme: credential.scheme, shownKeys: sender.shownKeys))
public struct SenderConstraint: Sendable {
    /// What a request shows besides its token.
    public struct Evidence: Sendable {
        public var scheme: CredentialScheme
        /// The values of all `DPoP` fields.
        public var proofs: [String]
        /// What a proof must be for; `nil` where the request's URI could not be told.
        public var target: RequestTarget?
        public var certificate: ClientCertificate?

        public init(
            scheme: CredentialScheme, proofs: [String] = [], target: RequestTarget? = nil,
            certificate: ClientCertificate? = nil
        ) {
            self.scheme = scheme
            self.proofs = proofs
            self.target = target
            self.certificate = certificate
        }

        /// What a request shows: the scheme of its credential, its `DPoP` fields, its method and URI.
        ///
        /// - Parameters:
        ///   - external: How a trusted proxy has received the request.
        ///   - certificate: From the connection, or from a trusted proxy's field (`ForwardedCertificate`).
        public init(
            of request: HTTPRequest, _ credential: Credential, external: RequestTarget.External = .init(),
            certificate: ClientCertificate? = nil
        ) {
            self.init(
                scheme: credential.scheme, proofs: request.headerFields[values: .dpop],
                target: RequestTarget(request, external: external), certificate: certificate)
        }
    }

    /// Verifies proofs; tokens that need one are refused where it is `nil`.
    public let proofs: ProofVerifier?
    /// Whether tokens that anybody may present are refused.
    public let isRequired: Bool

    public init(proofs: ProofVerifier? = nil, isRequired: Bool = false) {
        self.proofs = proofs
        self.isRequired = isRequired
    }

    /// What a sender has shown, and what the answer should tell it.
    public struct Outcome: Sendable, Hashable {
        /// For `AccessRequest.shownKeys`: the keys of the token's `cnf`, all of which were shown.
        public var shownKeys = KeyConfirmation()
        /// The value of `DPoP-Nonce` in the answer, where the client needs another (RFC 9449 §8.2).
        public var nextNonce: String?
    }

    /// Checks a token that a verifier has accepted; `text` is the token as it was sent. All it throws looks the same to the
    /// client, but for a nonce that it has to use.
    @discardableResult
    public func check(_ token: VerifiedToken, text: String, evidence: Evidence) throws(Refusal) -> Outcome {
        try check(token.claims, text: text, evidence: evidence)
    }

    /// As above, for a token of a batch.
    @discardableResult
    public func check(
        _ claims: borrowing ClaimSet, text: String, evidence: Evidence
    ) throws(Refusal) -> Outcome {
        var outcome = Outcome()
        let confirmation = try Confirmation(claims)
        if confirmation.isEmpty, isRequired { throw Refusal(.invalidToken, "token_not_bound") }
        if let expected = confirmation.certificateThumbprint {
            guard let certificate = evidence.certificate else {
                throw Refusal(.invalidToken, "certificate_missing")
            }
            guard certificate.thumbprint == expected else {
                throw Refusal(.invalidToken, "certificate_of_other_client")
            }
            outcome.shownKeys.certificateThumbprint = expected.base64URL
        }
        guard let thumbprint = confirmation.keyThumbprint else {
            // RFC 9449 §7.1: the scheme promises a binding that this token does not have.
            if evidence.scheme == .dpop { throw Refusal(.invalidToken, "token_not_bound_to_key") }
            return outcome
        }
        guard evidence.scheme == .dpop else { throw Refusal(.invalidToken, "bound_token_as_bearer") }
        guard let proofs else { throw Refusal(.invalidToken, "proofs_not_accepted") }
        guard let target = evidence.target else { throw Refusal(.invalidProof, "request_without_uri") }
        let proof = try proofs.verify(evidence.proofs, for: target, token: text, boundTo: thumbprint)
        outcome.shownKeys.keyThumbprint = thumbprint.base64URL
        outcome.nextNonce = proof.nextNonce
        return outcome
    }
}
