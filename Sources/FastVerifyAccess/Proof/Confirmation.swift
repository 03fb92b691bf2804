internal import FastVerify

/// What a token says about who may present it, `cnf` (RFC 7800 §3.1), with thumbprints that are some: what `KeyConfirmation` holds as
/// text, for comparing with what a sender shows.
struct Confirmation: Sendable, Hashable {
    /// `jkt`: the thumbprint of the key that proofs are signed with (RFC 9449 §6.1).
    let keyThumbprint: SHA256Digest?
    /// `x5t#S256`: the digest of the client's certificate (RFC 8705 §3.1).
    let certificateThumbprint: SHA256Digest?

    /// Whether whoever has the token may present it.
    var isEmpty: Bool { keyThumbprint == nil && certificateThumbprint == nil }

    /// Reads `cnf`. No claim is no confirmation; one that is malformed, or that names anything that is not understood here, is
    /// refused, because a token meant for one holder would else be good for others. RFC 7800 §3.1 would have such members
    /// ignored where an application does not say otherwise; this one does.
    init(_ claims: borrowing ClaimSet) throws(Refusal) {
        guard let confirmation = claims["cnf"] else {
            (keyThumbprint, certificateThumbprint) = (nil, nil)
            return
        }
        guard confirmation.kind == .object else { throw Refusal(.invalidToken, "malformed_confirmation") }
        keyThumbprint = try Self.thumbprint(confirmation["jkt"])
        certificateThumbprint = try Self.thumbprint(confirmation["x5t#S256"])
        var members = 0
        confirmation.forEach { _ in
            members += 1
            return true
        }
        let known = (keyThumbprint == nil ? 0 : 1) + (certificateThumbprint == nil ? 0 : 1)
        guard known > 0, known == members else { throw Refusal(.invalidToken, "unknown_confirmation") }
    }

    private static func thumbprint(_ value: ClaimValue?) throws(Refusal) -> SHA256Digest? {
        guard let value else { return nil }
        guard let text = value.string, let digest = SHA256Digest(base64URL: text) else {
            throw Refusal(.invalidToken, "malformed_confirmation")
        }
        return digest
    }
}
