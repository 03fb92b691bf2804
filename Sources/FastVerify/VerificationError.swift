/// Why a token was refused. One byte, thrown without allocating.
///
/// The reasons are for logs and metrics of the party that verifies. What a client may learn is `oauthError` (RFC 6750
/// §3.1) and nothing more. Cases stand in the order in which the checks run; no case names a key or quotes a token.
public enum VerificationError: UInt8, Error, Sendable, Hashable, CaseIterable {
    // Shape
    /// Longer than the verifier's limit.
    case tokenTooLarge = 1
    /// Not three segments separated by two dots (RFC 7515 §7.1), or an empty header.
    case notCompact
    /// A segment is not strict, unpadded, canonical base64url.
    case invalidEncoding

    // Header
    /// Not a JSON object, or a parameter of the wrong type.
    case malformedHeader
    /// `alg` is missing, `none`, or a name this library does not verify.
    case unsupportedAlgorithm
    /// `alg` is supported but not among the algorithms the policy trusts.
    case algorithmNotAllowed
    /// `crit` is malformed or names an extension that is not understood (RFC 7515 §4.1.11).
    case criticalHeader
    /// `b64`, `zip` or `enc` asks for a form of token that is not a JWT.
    case unsupportedHeader
    /// `typ` is not one of the types the policy accepts.
    case wrongType

    // Payload
    /// Not a JSON object.
    case malformedPayload
    /// A member name stands twice in one object of the header or the payload.
    case duplicateMember
    /// More members or deeper nesting than the limits allow.
    case tooComplex

    // Key
    /// `iss` belongs to no trusted issuer.
    case untrustedIssuer
    /// No key has this `kid`, or the token has none and no key could fit.
    case keyNotFound
    /// Several keys fit and nothing says which is meant.
    case ambiguousKey
    /// The key exists but is not for this algorithm.
    case keyMismatch

    // Signature
    /// Not the length the algorithm and key require.
    case signatureLength
    /// The signature is not valid under the key.
    case badSignature

    // Claims
    /// A registered claim has a type or range its RFC does not allow.
    case invalidClaim
    /// `aud` does not contain the expected audience.
    case wrongAudience
    /// A claim the policy requires is absent.
    case missingClaim
    /// `exp` is not in the future.
    case expired
    /// `nbf` is in the future.
    case notYetValid
    /// `iat` is in the future.
    case issuedInFuture
    /// `iat` is further back than the policy's maximum age.
    case tooOld
    /// A required scope is absent.
    case insufficientScope
    /// A required role is absent.
    case insufficientRole
    /// A predicate of the policy said no.
    case refusedByPolicy

    // Revocation
    /// The token, or a group of tokens to which it belongs, has been revoked.
    case revoked
    /// Whether the token is revoked is not known, and the verifier refuses in doubt.
    case revocationUnknown

    /// A stable name for logs, metrics and the command line, e.g. `bad_signature`.
    public var name: String {
        switch self {
        case .tokenTooLarge: "token_too_large"
        case .notCompact: "not_compact"
        case .invalidEncoding: "invalid_encoding"
        case .malformedHeader: "malformed_header"
        case .unsupportedAlgorithm: "unsupported_algorithm"
        case .algorithmNotAllowed: "algorithm_not_allowed"
        case .criticalHeader: "critical_header"
        case .unsupportedHeader: "unsupported_header"
        case .wrongType: "wrong_type"
        case .malformedPayload: "malformed_payload"
        case .duplicateMember: "duplicate_member"
        case .tooComplex: "too_complex"
        case .untrustedIssuer: "untrusted_issuer"
        case .keyNotFound: "key_not_found"
        case .ambiguousKey: "ambiguous_key"
        case .keyMismatch: "key_mismatch"
        case .signatureLength: "signature_length"
        case .badSignature: "bad_signature"
        case .invalidClaim: "invalid_claim"
        case .wrongAudience: "wrong_audience"
        case .missingClaim: "missing_claim"
        case .expired: "expired"
        case .notYetValid: "not_yet_valid"
        case .issuedInFuture: "issued_in_future"
        case .tooOld: "too_old"
        case .insufficientScope: "insufficient_scope"
        case .insufficientRole: "insufficient_role"
        case .refusedByPolicy: "refused_by_policy"
        case .revoked: "revoked"
        case .revocationUnknown: "revocation_unknown"
        }
    }

    /// What the client may be told (RFC 6750 §3.1).
    public var oauthError: OAuthError {
        switch self {
        case .insufficientScope, .insufficientRole: .insufficientScope
        default: .invalidToken
        }
    }
}

/// The error codes of RFC 6750 §3.1 that a refused token can lead to.
public enum OAuthError: String, Sendable {
    case invalidToken = "invalid_token"
    case insufficientScope = "insufficient_scope"
}
