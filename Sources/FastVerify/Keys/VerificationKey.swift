internal import CCrypto

/// A checked public key or shared secret, without name or restrictions. Immutable; safe to share between threads.
public final class VerificationKey: Sendable {
    nonisolated(unsafe) let handle: OpaquePointer

    init(adopting handle: OpaquePointer) { self.handle = handle }
    deinit { fv_key_free(handle) }

    /// A PEM block: `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`.
    public convenience init(pem: [UInt8]) throws(KeyError) {
        try self.init { fv_key_import_pem(pem, pem.count, $0) }
    }

    /// A shared secret of 32 bytes and more; its length decides which HMAC algorithms it can serve (RFC 7518 §3.2).
    public convenience init(secret: [UInt8]) throws(KeyError) {
        try self.init { fv_key_import_secret(secret, secret.count, $0) }
    }

    convenience init(_ create: (UnsafeMutablePointer<OpaquePointer?>) -> fv_key_status) throws(KeyError) {
        var handle: OpaquePointer?
        if let error = KeyError(create(&handle)) { throw error }
        guard let handle else { throw .refused("out of memory") }
        self.init(adopting: handle)
    }

    /// Bits of the modulus, the curve's field or the secret.
    public var bits: Int { Int(fv_key_bits(handle)) }

    /// The algorithms this key could verify.
    public var algorithms: AlgorithmSet {
        AlgorithmSet(Algorithm.allCases.filter { $0.schemes & schemes != 0 })
    }

    /// The same as registry algorithms, bit `1 << fv_algorithm` each.
    package var schemes: UInt32 { fv_key_algorithms(handle) }

    var type: fv_key_type { fv_key_get_type(handle) }

    func parameter(_ parameter: fv_parameter) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: parameter == FV_PARAMETER_K ? Int(FV_SECRET_MAX) : 1024) { buffer, count in
            count = fv_key_parameter(handle, parameter, buffer.baseAddress, buffer.count)
        }
    }

    /// `kty`, `crv` where there is one, and the public members in RFC 7518 form, by name.
    package var publicMembers: [(name: String, value: String)] {
        func encoded(_ name: String, _ id: fv_parameter) -> (String, String) { (name, Base64URL.encode(parameter(id))) }
        func curve(_ name: String) -> [(String, String)] {
            [("crv", name), ("kty", "EC"), encoded("x", FV_PARAMETER_X), encoded("y", FV_PARAMETER_Y)]
        }
        switch type {
        case FV_KEY_RSA: return [encoded("e", FV_PARAMETER_E), ("kty", "RSA"), encoded("n", FV_PARAMETER_N)]
        case FV_KEY_P256: return curve("P-256")
        case FV_KEY_P384: return curve("P-384")
        case FV_KEY_P521: return curve("P-521")
        case FV_KEY_SECP256K1: return curve("secp256k1")
        case FV_KEY_ED25519: return [("crv", "Ed25519"), ("kty", "OKP"), encoded("x", FV_PARAMETER_X)]
        case FV_KEY_ED448: return [("crv", "Ed448"), ("kty", "OKP"), encoded("x", FV_PARAMETER_X)]
        default: return [encoded("k", FV_PARAMETER_K), ("kty", "oct")]
        }
    }

    /// The JWK thumbprint, SHA-256 in base64url (RFC 7638 §3; RFC 8037 §2 for curves of RFC 8032).
    public var thumbprint: String {
        // The required members in lexicographic order without white space; every value is plain ASCII.
        let text = "{" + publicMembers.map { "\"\($0.name)\":\"\($0.value)\"" }.joined(separator: ",") + "}"
        let digest = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            fv_sha256(Array(text.utf8), text.utf8.count, buffer.baseAddress)
            count = 32
        }
        return Base64URL.encode(digest)
    }
}
