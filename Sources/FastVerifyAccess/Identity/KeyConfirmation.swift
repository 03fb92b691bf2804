public import FastVerify

/// The keys a token is bound to (`cnf`, RFC 7800 §3), or those that a sender has shown to hold.
public struct KeyConfirmation: Sendable, Hashable {
    /// `jkt`, thumbprint of the key of a DPoP proof (RFC 9449 §6.1).
    public var keyThumbprint: String?
    /// `x5t#S256`, thumbprint of the certificate of a mutual TLS connection (RFC 8705 §3.1).
    public var certificateThumbprint: String?

    public init(keyThumbprint: String? = nil, certificateThumbprint: String? = nil) {
        self.keyThumbprint = keyThumbprint
        self.certificateThumbprint = certificateThumbprint
    }

    /// `nil` where there is no `cnf`.
    public init?(claims: borrowing ClaimSet) {
        guard let value = claims["cnf"] else { return nil }
        self.init(
            keyThumbprint: value["jkt"]?.string, certificateThumbprint: value["x5t#S256"]?.string)
    }

    /// Refuses a token whose `cnf` names a key that its sender has not shown, or anything that is not understood; and one that
    /// came with the DPoP scheme without being bound to the proof's key (RFC 9449 §7.1, RFC 8705 §3).
    ///
    /// - Parameter shown: what has been checked of this request: a proof, a connection.
    static func check(
        _ claims: borrowing ClaimSet, shown: KeyConfirmation, scheme: CredentialScheme
    ) throws(Refusal) {
        var isProven = scheme == .bearer
        if let value = claims["cnf"] {
            guard value.kind == .object else { throw Refusal(.invalidToken, "unknown_confirmation") }
            var bindings = 0
            var isKnown = true
            if let key = value["jkt"] {
                bindings += 1
                // A proof without its scheme is a downgrade (RFC 9449 §7.1).
                isProven = scheme == .dpop && shown.keyThumbprint.map { key.equals($0) } ?? false
                isKnown = isKnown && isProven
            }
            if let certificate = value["x5t#S256"] {
                bindings += 1
                isKnown = isKnown && shown.certificateThumbprint.map { certificate.equals($0) } ?? false
            }
            var members = 0
            value.forEach { _ in
                members += 1
                return true
            }
            guard isKnown, members == bindings, bindings > 0 else {
                throw Refusal(.invalidToken, "unconfirmed_sender")
            }
        }
        guard isProven else { throw Refusal(.invalidToken, "unbound_token") }
    }
}
