internal import CCrypto

/// A private key or secret that signs tokens. Immutable; safe to share between threads; erased when released.
public final class SigningKey: Sendable {
    nonisolated(unsafe) private let handle: OpaquePointer
    /// The public half; of a secret, the secret.
    public let verificationKey: VerificationKey
    public let keyID: String?
    public let algorithm: Algorithm

    private init(adopting handle: OpaquePointer, keyID: String?, algorithm: Algorithm?) throws(KeyError) {
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
        self.keyID = keyID
        verificationKey = key
    }

    deinit { fv_signing_key_free(handle) }

    private static func create(
        _ body: (UnsafeMutablePointer<OpaquePointer?>) -> fv_key_status
    ) throws(KeyError) -> OpaquePointer {
        var handle: OpaquePointer?
        if let error = KeyError(body(&handle)) { throw error }
        guard let handle else { throw .refused("out of memory") }
        return handle
    }

    /// A fresh key. `EdDSA` makes an Ed25519 key; `rsaBits` matters for RSA only.
    public convenience init(
        generate algorithm: Algorithm, rsaBits: Int = 2048, keyID: String? = nil
    ) throws(KeyError) {
        let scheme = algorithm.scheme ?? FV_ED25519
        let handle = try Self.create { fv_signing_key_generate(scheme, UInt32(clamping: rsaBits), $0) }
        try self.init(adopting: handle, keyID: keyID, algorithm: algorithm)
    }

    /// An unencrypted PKCS #8, PKCS #1 or SEC 1 block. Without `algorithm`, the first that fits the key.
    public convenience init(pem: [UInt8], keyID: String? = nil, algorithm: Algorithm? = nil) throws(KeyError) {
        let handle = try Self.create { fv_signing_key_import_pem(pem, pem.count, $0) }
        try self.init(adopting: handle, keyID: keyID, algorithm: algorithm)
    }

    /// A shared secret of 32 bytes and more.
    public convenience init(secret: [UInt8], keyID: String? = nil, algorithm: Algorithm? = nil) throws(KeyError) {
        try self.init(members: [(FV_PARAMETER_K, secret)], type: FV_KEY_SECRET, keyID, algorithm)
    }

    /// A private JWK (RFC 7518 §6.2.2, §6.3.2, §6.4; RFC 8037 §2).
    public convenience init(jwk json: [UInt8]) throws(KeyError) {
        let (members, type, keyID, algorithm) = try withJSONObject(json, limits: .standard) { object throws(KeyError) in
            (
                try Self.members(object), try Self.type(object), try JWK.string(object, .kid),
                try JWK.algorithm(object)
            )
        }
        try self.init(members: members, type: type, keyID, algorithm)
    }

    private convenience init(
        members: [(fv_parameter, [UInt8])], type: fv_key_type, _ keyID: String?, _ algorithm: Algorithm?
    ) throws(KeyError) {
        var pointers = [UnsafePointer<UInt8>?](repeating: nil, count: Self.parameters.count)
        var counts = [Int](repeating: 0, count: Self.parameters.count)
        // One buffer, so that every parameter has an address for the length of the call.
        let bytes = members.flatMap { $0.1 }
        let handle = try bytes.withUnsafeBufferPointer { buffer throws(KeyError) in
            var offset = 0
            for (parameter, value) in members {
                pointers[Int(parameter.rawValue)] = buffer.baseAddress.map { $0 + offset }
                counts[Int(parameter.rawValue)] = value.count
                offset += value.count
            }
            return try Self.create { fv_signing_key_import(type, &pointers, &counts, $0) }
        }
        try self.init(adopting: handle, keyID: keyID, algorithm: algorithm)
    }

    private static let parameters: [(fv_parameter, MemberName)] = [
        (FV_PARAMETER_N, .n), (FV_PARAMETER_E, .e), (FV_PARAMETER_X, .x), (FV_PARAMETER_Y, .y), (FV_PARAMETER_K, .k),
        (FV_PARAMETER_D, .d), (FV_PARAMETER_P, .p), (FV_PARAMETER_Q, .q), (FV_PARAMETER_DP, .dp),
        (FV_PARAMETER_DQ, .dq), (FV_PARAMETER_QI, .qi),
    ]

    private static func members(_ object: JSONObject) throws(KeyError) -> [(fv_parameter, [UInt8])] {
        var members: [(fv_parameter, [UInt8])] = []
        for (parameter, name) in parameters where object.member(name) != nil {
            members.append((parameter, try JWK.bytes(object, name)))
        }
        return members
    }

    private static func type(_ object: JSONObject) throws(KeyError) -> fv_key_type {
        switch try JWK.string(object, .kty) {
        case nil: throw .missingMember("kty")
        case "RSA": FV_KEY_RSA
        case "oct": FV_KEY_SECRET
        default: try JWK.curve(object)
        }
    }

    /// Signs a JWS signing input; the result has the form of RFC 7518 §3. `nil` when the backend fails.
    public func sign(_ input: [UInt8]) -> [UInt8]? {
        let scheme = fv_algorithm(UInt32((verificationKey.schemes & algorithm.schemes).trailingZeroBitCount))
        let signature = [UInt8](unsafeUninitializedCapacity: Int(FV_SIGNATURE_MAX)) { buffer, count in
            count = fv_sign(handle, scheme, input, input.count, buffer.baseAddress)
        }
        return signature.isEmpty ? nil : signature
    }

    /// A token over a payload: the header names the algorithm, the type and, where there is one, the key.
    public func token(payload: [UInt8], type: String? = "JWT") -> String? {
        let members = [("alg", algorithm.name), ("kid", keyID), ("typ", type)]
        let header = members.compactMap { name, value in value.map { "\"\(name)\":\(JSONText.quoted($0))" } }
        let input = Base64URL.encode(Array("{\(header.joined(separator: ","))}".utf8)) + "." + Base64URL.encode(payload)
        return sign(Array(input.utf8)).map { input + "." + Base64URL.encode($0) }
    }

    /// PKCS #8; `nil` for a secret.
    public var pem: String? {
        let text = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
            count = fv_signing_key_pem(handle, buffer.baseAddress, buffer.count)
        }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    /// The key as a JWK with its private members. Handle like the key itself.
    public var privateJWK: String {
        let secret = Self.parameters.filter { $0.0.rawValue >= FV_PARAMETER_D.rawValue }.compactMap { parameter, name in
            let bytes = [UInt8](unsafeUninitializedCapacity: 1024) { buffer, count in
                count = fv_signing_key_parameter(handle, parameter, buffer.baseAddress, buffer.count)
            }
            return bytes.isEmpty ? nil : (name.spelling, Base64URL.encode(bytes))
        }
        return JSONText.object(publicMembers + secret)
    }

    /// The key as a JWK for verifiers; of a secret, the secret.
    public var publicJWK: String { JSONText.object(publicMembers) }

    private var publicMembers: [(String, String)] {
        var members = verificationKey.publicMembers
        members.append(("alg", algorithm.name))
        members.append(("use", "sig"))
        if let keyID { members.append(("kid", keyID)) }
        return members.map { ($0.name, $0.value) }
    }
}
