internal import CCrypto

/// A key with what RFC 7517 says about it: its name and what it may be used for. Fixed at import; nothing in a token can
/// change the type of a key or the algorithms it serves.
public struct JWK: Sendable {
    public let key: VerificationKey
    /// `kid`; `nil` for a key without a name.
    public let keyID: String?
    /// Registry algorithms this key may verify, bit `1 << fv_algorithm` each: by its type, narrowed by `alg`.
    package let schemes: UInt32

    /// Names a key that came as PEM or raw bytes, and says which algorithm it is for; `nil` allows all that fit its type.
    public init(_ key: VerificationKey, keyID: String? = nil, algorithm: Algorithm? = nil) throws(KeyError) {
        self.key = key
        self.keyID = keyID
        schemes = key.schemes & (algorithm?.schemes ?? .max)
        if schemes == 0 { throw .unsupportedAlgorithm }
    }

    /// Parses one JWK of at most `JWKSet.Limits.standard.bytes`. Private members are refused: see `SigningKey`.
    public init(json: [UInt8]) throws(KeyError) {
        self = try withJSONObject(json, limits: .standard) { object throws(KeyError) in try JWK(object) }
    }

    /// The algorithms this key may verify.
    public var algorithms: AlgorithmSet { AlgorithmSet(Algorithm.allCases.filter { $0.schemes & schemes != 0 }) }

    init(_ object: JSONObject) throws(KeyError) {
        try Self.checkUse(object)
        let algorithm = try Self.algorithm(object)
        let keyID = try Self.string(object, .kid)
        try self.init(Self.key(object), keyID: keyID, algorithm: algorithm)
    }

    /// A public key from its members; the caller has dealt with `use`, `alg` and `kid`.
    private static func key(_ object: JSONObject) throws(KeyError) -> VerificationKey {
        let privateNames: [MemberName] = [
            .d, .p, .q, .dp, .dq, .qi, .oth,
        ]
        for name in privateNames where object.member(name) != nil { throw .privateKey }
        guard let type = try string(object, .kty) else { throw .missingMember("kty") }
        switch type {
        case "RSA":
            let n = try bytes(object, .n)
            let e = try bytes(object, .e)
            return try VerificationKey { fv_key_import_rsa(n, n.count, e, e.count, $0) }
        case "EC":
            let curve = try curve(object)
            let x = try bytes(object, .x)
            let y = try bytes(object, .y)
            return try VerificationKey { fv_key_import_ec(curve, x, x.count, y, y.count, $0) }
        case "OKP":
            let curve = try curve(object)
            let x = try bytes(object, .x)
            return try VerificationKey { fv_key_import_okp(curve, x, x.count, $0) }
        case "oct":
            return try VerificationKey(secret: bytes(object, .k))
        default:
            throw .unsupportedType
        }
    }

    static func curve(_ object: JSONObject) throws(KeyError) -> fv_key_type {
        switch (try string(object, .kty), try string(object, .crv)) {
        case (_, nil): throw .missingMember("crv")
        case ("EC", "P-256"): return FV_KEY_P256
        case ("EC", "P-384"): return FV_KEY_P384
        case ("EC", "P-521"): return FV_KEY_P521
        case ("EC", "secp256k1"): return FV_KEY_SECP256K1
        case ("OKP", "Ed25519"): return FV_KEY_ED25519
        case ("OKP", "Ed448"): return FV_KEY_ED448
        default: throw .unsupportedType
        }
    }

    /// RFC 7517 §4.2 and §4.3: `use` must be `sig`, `key_ops` must list `verify`, and the two must agree.
    private static func checkUse(_ object: JSONObject) throws(KeyError) {
        if let use = try string(object, .use), use != "sig" { throw .notForVerification }
        guard let operations = object.member(.keyOps) else { return }
        guard operations.kind == .array else { throw .invalidMember("key_ops") }
        var names: [String] = []
        var valid = true
        operations.forEach { operation in
            guard let name = operation.string else {
                valid = false
                return false
            }
            names.append(name)
            return true
        }
        guard valid, Set(names).count == names.count else { throw .invalidMember("key_ops") }
        guard names.contains("verify"), Set(names).isSubset(of: ["verify", "sign"]) else { throw .notForVerification }
    }

    static func algorithm(_ object: JSONObject) throws(KeyError) -> Algorithm? {
        guard let name = try string(object, .alg) else { return nil }
        guard let algorithm = Algorithm(name: name) else { throw .unsupportedAlgorithm }
        return algorithm
    }

    /// A string member; `nil` when absent.
    static func string(_ object: JSONObject, _ name: MemberName) throws(KeyError) -> String? {
        guard let member = object.member(name) else { return nil }
        guard let string = member.string else { throw .invalidMember(name.spelling) }
        return string
    }

    /// A base64url member, decoded.
    static func bytes(_ object: JSONObject, _ name: MemberName) throws(KeyError) -> [UInt8] {
        guard let member = object.member(name) else { throw .missingMember(name.spelling) }
        guard member.isString, !member.isEscaped,
            let bytes = Base64URL.decode(UnsafeRawBufferPointer(start: member.bytes, count: member.count))
        else { throw .invalidMember(name.spelling) }
        return bytes
    }
}

/// Scans `json` and hands over its members, valid during the call.
func withJSONObject<T>(
    _ json: [UInt8], limits: JWKSet.Limits, _ body: (JSONObject) throws(KeyError) -> T
) throws(KeyError) -> T {
    try json.withUnsafeBufferPointer { json throws(KeyError) in
        try withJSONObject(UnsafeRawBufferPointer(json), limits: limits, body)
    }
}

/// The copy that is scanned, behind which the scanner may read, is erased where it holds a secret.
func withJSONObject<T>(
    _ json: UnsafeRawBufferPointer, limits: JWKSet.Limits, isSecret: Bool = false,
    _ body: (JSONObject) throws(KeyError) -> T
) throws(KeyError) -> T {
    guard json.count <= limits.bytes else { throw .setTooLarge }
    var arena = Arena()
    let copy = arena.allocate(max(json.count, 1))
    copy.copyMemory(from: json.baseAddress ?? UnsafeRawPointer(copy), byteCount: json.count)
    defer { if isSecret { fv_erase(copy, json.count) } }
    let scanner = JSONScanner(maxMembers: limits.members)
    let object: JSONObject
    do throws(VerificationError) {
        let text = UnsafeRawBufferPointer(start: copy, count: json.count)
        object = try scanner.scan(text, into: &arena, malformed: .malformedPayload)
    } catch {
        throw error == .tooComplex ? .setTooLarge : .malformedJSON
    }
    return try body(object)
}
