internal import CCrypto

/// Why a key or a key set was not loaded. Meant for the operator; contains no key material.
public enum KeyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Not a JSON object, or one with a duplicate name, too deep or too many members.
    case malformedJSON
    /// The set is larger than its limits.
    case setTooLarge
    /// A member the key type needs is absent.
    case missingMember(String)
    /// A member has the wrong JSON type or is not strict base64url.
    case invalidMember(String)
    /// `kty` or `crv` is unknown or has no signature algorithm here.
    case unsupportedType
    /// `alg` is not a signature algorithm of this library, or does not go with the key's type.
    case unsupportedAlgorithm
    /// `use` or `key_ops` does not allow verification (RFC 7517 §4.2, §4.3).
    case notForVerification
    /// Private members in a place meant for public keys.
    case privateKey
    /// A shared secret in a set that may hold public keys only.
    case secretNotAllowed
    /// The cryptographic checks of the import refused it; the text says which.
    case refused(String)

    init?(_ status: fv_key_status) {
        switch status {
        case FV_KEY_OK: return nil
        case FV_KEY_PRIVATE: self = .privateKey
        case FV_KEY_UNSUPPORTED: self = .unsupportedType
        case FV_KEY_WRONG_ALGORITHM: self = .unsupportedAlgorithm
        default: self = .refused(String(cString: fv_key_status_text(status)))
        }
    }

    public var description: String {
        switch self {
        case .malformedJSON: "not a JSON object, or duplicate names, or too complex"
        case .setTooLarge: "the key set exceeds its size limits"
        case .missingMember(let name): "member \"\(name)\" is missing"
        case .invalidMember(let name): "member \"\(name)\" has a wrong type or encoding"
        case .unsupportedType: "key type or curve is not supported for signatures"
        case .unsupportedAlgorithm: "\"alg\" is not a signature algorithm for this key"
        case .notForVerification: "\"use\" or \"key_ops\" does not allow verification"
        case .privateKey: "private key material where only public keys belong"
        case .secretNotAllowed: "a shared secret is not allowed in this set"
        case .refused(let reason): reason
        }
    }
}
