internal import CCrypto

/// A private key or secret that signs tokens. Immutable; safe to share between threads; erased when released.
public final class SigningKey: Sendable {
    nonisolated(unsafe) let handle: OpaquePointer
    /// The public half; of a secret, the secret.
    public let verificationKey: VerificationKey
    public let keyID: String?
    public let algorithm: Algorithm

    private init(
        adopting handle: OpaquePointer, keyID: String?, algorithm: Algorithm?, isNamedByThumbprint: Bool = false
    ) throws(KeyError) {
        let key: VerificationKey
        do throws(KeyError) {
            key = try VerificationKey { fv_signing_key_public(handle, $0) }
            guard let chosen = algorithm ?? Algorithm.allCases.first(where: { $0.schemes & key.schemes != 0 }),
                chosen.schemes & key.schemes != 0
            else { throw .unsupportedAlgorithm }
            self.algorithm = chosen
        } catch {
            fv_signing_key_free(handle)
            throw error
        }
        self.handle = handle
        self.keyID = keyID ?? (isNamedByThumbprint ? key.thumbprint : nil)
        verificationKey = key
    }

    deinit { fv_signing_key_free(handle) }

    static func create(
        _ body: (UnsafeMutablePointer<OpaquePointer?>) -> fv_key_status
    ) throws(KeyError) -> OpaquePointer {
        var handle: OpaquePointer?
        if let error = KeyError(body(&handle)) { throw error }
        guard let handle else { throw .refused("out of memory") }
        return handle
    }

    /// A fresh key. `EdDSA` makes an Ed25519 key; `rsaBits` matters for RSA only.
    ///
    /// - Parameter isNamedByThumbprint: names a key without `keyID` by its thumbprint (RFC 7638).
    public convenience init(
        generate algorithm: Algorithm, rsaBits: Int = 2048, keyID: String? = nil, isNamedByThumbprint: Bool = false
    ) throws(KeyError) {
        let scheme = algorithm.scheme ?? FV_ED25519
        let handle = try Self.create { fv_signing_key_generate(scheme, UInt32(clamping: rsaBits), $0) }
        try self.init(
            adopting: handle, keyID: keyID, algorithm: algorithm, isNamedByThumbprint: isNamedByThumbprint)
    }

    /// An unencrypted PKCS #8, PKCS #1 or SEC 1 block. Without `algorithm`, the first that fits the key.
    public convenience init(pem: [UInt8], keyID: String? = nil, algorithm: Algorithm? = nil) throws(KeyError) {
        let handle = try Self.create { fv_signing_key_import_pem(pem, pem.count, $0) }
        try self.init(adopting: handle, keyID: keyID, algorithm: algorithm)
    }

    /// A shared secret of 32 bytes and more.
    public convenience init(secret: [UInt8], keyID: String? = nil, algorithm: Algorithm? = nil) throws(KeyError) {
        let handle = try Self.create(FV_KEY_SECRET, [(FV_PARAMETER_K, secret)])
        try self.init(adopting: handle, keyID: keyID, algorithm: algorithm)
    }

    /// A private JWK (RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 8037 §2).
    public convenience init(jwk json: [UInt8]) throws(KeyError) {
        let made = try json.withUnsafeBufferPointer { json throws(KeyError) in
            try Self.imported(UnsafeRawBufferPointer(json))
        }
        try self.init(adopting: made.handle, keyID: made.keyID, algorithm: made.algorithm)
    }

    /// The same from memory of the caller's. No copy of a private member stays behind.
    public convenience init(jwk json: UnsafeRawBufferPointer) throws(KeyError) {
        let made = try Self.imported(json)
        try self.init(adopting: made.handle, keyID: made.keyID, algorithm: made.algorithm)
    }

    /// The one algorithm of the registry that it signs with.
    var scheme: fv_algorithm {
        fv_algorithm(UInt32((verificationKey.schemes & algorithm.schemes).trailingZeroBitCount))
    }

    /// Signs a JWS signing input; the result has the form of RFC 7518 §3. `nil` when the backend fails.
    public func sign(_ input: [UInt8]) -> [UInt8]? {
        let signature = [UInt8](unsafeUninitializedCapacity: Int(FV_SIGNATURE_MAX)) { buffer, count in
            count = fv_sign(handle, scheme, input, input.count, buffer.baseAddress)
        }
        return signature.isEmpty ? nil : signature
    }

    /// A token over a payload: the header names the algorithm, the type and, where there is one, the key.
    public func token(payload: [UInt8], type: String? = "JWT") -> String? {
        let input = Base64URL.encode(Array(header(type: type).utf8)) + "." + Base64URL.encode(payload)
        return sign(Array(input.utf8)).map { input + "." + Base64URL.encode($0) }
    }

    func header(type: String?) -> String {
        let members = [("alg", algorithm.name), ("kid", keyID), ("typ", type)]
        return JSONText.object(members.compactMap { name, value in value.map { (name, $0) } })
    }

    /// PKCS #8; `nil` for a secret.
    public var pem: String? {
        let text = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
            count = fv_signing_key_pem(handle, buffer.baseAddress, buffer.count)
        }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    /// The key as a JWK for verifiers; of a secret, the secret.
    public var publicJWK: String { JSONText.object(publicMembers) }

    var publicMembers: [(String, String)] {
        var members = verificationKey.publicMembers
        members.append(("alg", algorithm.name))
        members.append(("use", "sig"))
        if let keyID { members.append(("kid", keyID)) }
        return members.map { ($0.name, $0.value) }
    }
}
