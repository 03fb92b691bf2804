public import FastVerify

/// Holds whoever presents a verified token against what the token says about its holder (RFC 9449 §7, RFC 8705 §3).
///
/// A token bound to a key needs the scheme `DPoP` and a proof, one bound to a certificate needs that certificate, one bound to
/// both needs both, and one that is bound to nothing must not come with the scheme `DPoP`. Safe to share between threads.
public struct SenderConstraint: Sendable {
    /// How a token came.
    public enum Scheme: Sendable, Hashable {
        /// `Authorization: Bearer`, a form field or a cookie.
        case bearer
        /// `Authorization: DPoP`.
        case dpop
    }

    /// What a request shows besides its token.
    public struct Evidence: Sendable {
        public var scheme: Scheme
        /// The values of all `DPoP` fields.
        public var proofs: [String]
        /// What a proof must be for; `nil` where the request's URI could not be told.
        public var target: RequestTarget?
        public var certificate: ClientCertificate?

        public init(
            scheme: Scheme, proofs: [String] = [], target: RequestTarget? = nil, certificate: ClientCertificate? = nil
        ) {
            self.scheme = scheme
            self.proofs = proofs
            self.target = target
            self.certificate = certificate
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

    /// Checks a token that a verifier has accepted. Nothing it throws has told the client which check failed.
    /// - Returns: The proof, where one was needed.
    @discardableResult
    public func check(
        _ token: VerifiedToken, text: String, evidence: Evidence
    ) throws(Refusal) -> AcceptedProof? {
        let confirmation = try Confirmation(token.claims)
        if confirmation.isEmpty, isRequired { throw Refusal(.invalidToken, "token_not_bound") }
        if let expected = confirmation.certificateThumbprint {
            guard let certificate = evidence.certificate else {
                throw Refusal(.invalidToken, "certificate_missing")
            }
            guard certificate.thumbprint == expected else {
                throw Refusal(.invalidToken, "certificate_of_other_client")
            }
        }
        guard let thumbprint = confirmation.keyThumbprint else {
            // RFC 9449 §7.1: the scheme promises a binding that this token does not have.
            if evidence.scheme == .dpop { throw Refusal(.invalidToken, "token_not_bound_to_key") }
            return nil
        }
        guard evidence.scheme == .dpop else { throw Refusal(.invalidToken, "bound_token_as_bearer") }
        guard let proofs else { throw Refusal(.invalidToken, "proofs_not_accepted") }
        guard let target = evidence.target else { throw Refusal(.invalidProof, "request_without_uri") }
        return try proofs.verify(evidence.proofs, for: target, token: text, boundTo: thumbprint)
    }
}
