import CCrypto
import FastVerify

/// Distinct tokens, all valid at `moment`, under one key or under several.
///
/// A seed fixes claims and keys. Two things stay random, because the signer makes them: RSA keys, and the signatures of
/// ECDSA and RSA-PSS.
struct Workload {
    let subject: Subject
    let keys: [SigningKey]
    let tokens: [String]
    /// Which of the keys has signed each token.
    private let signers: [Int]
    let seed: UInt64
    let moment: Moment

    /// Characters of a token where the signature leaves room; RSA beyond 2,048 bits and Ed448 make longer ones.
    static let usualLength = 500...800

    static let defaultSeed: UInt64 = 2026
    static let defaultCount = 2048

    /// The first key, under which corpora are made.
    var key: SigningKey { keys[0] }
    static let keyID = keyID(of: 0)
    private static func keyID(of key: Int) -> String { key == 0 ? "2026-01" : "2026-01.\(key)" }

    struct Unsigned: Error, CustomStringConvertible {
        let description: String
    }

    init(
        _ subject: Subject, count: Int = defaultCount, keys: Int = 1, seed: UInt64 = defaultSeed,
        length: ClosedRange<Int> = usualLength, at moment: Moment = .fixed
    ) throws {
        var plan = WorkloadPlan(description: "access tokens")
        plan.tokens = count
        plan.keys = .init(count: keys, choice: .rotation)
        plan.characters = length
        try self.init(subject, plan, seed: seed, at: moment)
    }

    /// The valid tokens of a plan; hostile ones are mixed in where they are measured.
    init(
        _ subject: Subject, _ plan: WorkloadPlan, seed: UInt64 = defaultSeed, at moment: Moment = .fixed
    ) throws {
        self.subject = subject
        self.seed = seed
        self.moment = moment
        // Every algorithm draws from its own sequence, so that leaving one out does not change the others.
        var random = Random(seed: seed &+ UInt64(subject.header.rawValue) << 32)
        keys = try (0..<plan.keys.count).map { try Self.key(subject, Self.keyID(of: $0), &random) }
        signers = plan.keys.signers(of: plan.tokens, seed: seed)
        tokens = try Self.tokens(plan, signers.map { [keys] in keys[$0] }, moment, &random)
    }

    private static func tokens(
        _ plan: WorkloadPlan, _ signers: [SigningKey], _ moment: Moment, _ random: inout Random
    ) throws -> [String] {
        var overhead = 0
        var tokens: [String] = []
        while tokens.count < signers.count {
            let length = plan.characters ?? 0...0
            // Room for the last scope that no longer fits.
            let lowest = min(length.lowerBound + 24, length.upperBound)
            let target = Int.random(in: lowest...length.upperBound, using: &random)
            var claims = Claims(&random, at: moment, shape: plan.claims)
            if plan.characters != nil { claims.fill(to: (target - overhead) * 3 / 4, &random) }
            let key = signers[tokens.count]
            guard let token = key.token(payload: Array(claims.json.utf8)) else {
                throw Unsigned(description: "signing with \(key.algorithm) failed")
            }
            if overhead == 0 {  // the first token only shows what header and signature take
                overhead = token.utf8.count - (claims.json.utf8.count * 4 + 2) / 3
            } else {
                tokens.append(token)
            }
        }
        return tokens
    }

    private static func key(_ subject: Subject, _ keyID: String, _ random: inout Random) throws -> SigningKey {
        let info = fv_algorithm_get(fv_algorithm(UInt32(subject.scheme.rawValue)))!.pointee
        let curve: (type: String, name: String, size: Int)
        switch info.key_type {
        case FV_KEY_RSA: return try SigningKey(generate: subject.header, keyID: keyID)
        case FV_KEY_SECRET:
            let secret = random.bytes(Int(info.hash_size))
            return try SigningKey(secret: secret, keyID: keyID, algorithm: subject.header)
        case FV_KEY_P256: curve = ("EC", "P-256", 32)
        case FV_KEY_P384: curve = ("EC", "P-384", 48)
        case FV_KEY_P521: curve = ("EC", "P-521", 66)
        case FV_KEY_SECP256K1: curve = ("EC", "secp256k1", 32)
        case FV_KEY_ED25519: curve = ("OKP", "Ed25519", 32)
        default: curve = ("OKP", "Ed448", 57)
        }
        var secret = random.bytes(curve.size)
        if curve.type == "EC" { secret[0] = curve.size == 66 ? 0 : secret[0] & 0x7f }  // below every group's order
        let members = [
            ("kty", curve.type), ("crv", curve.name), ("d", Base64URL.encode(secret)), ("kid", keyID),
            ("alg", subject.header.name),
        ]
        return try SigningKey(jwk: Array(JSONText.object(members).utf8))
    }

    /// The keys as a verifier gets them.
    func verificationKeys() throws -> [JWK] {
        try keys.enumerated().map {
            try JWK($0.element.verificationKey, keyID: Self.keyID(of: $0.offset), algorithm: subject.header)
        }
    }

    /// What a bare check is given: the signing input and the signature of each token.
    var signatures: [(input: [UInt8], signature: [UInt8])] { tokens.map(Self.split) }

    /// The same, key by key.
    var signaturesByKey: [(key: VerificationKey, signatures: [(input: [UInt8], signature: [UInt8])])] {
        var groups = keys.map { (key: $0.verificationKey, signatures: [(input: [UInt8], signature: [UInt8])]()) }
        for (token, signer) in zip(tokens, signers) { groups[signer].signatures.append(Self.split(token)) }
        return groups
    }

    static func split(_ token: String) -> (input: [UInt8], signature: [UInt8]) {
        let bytes = Array(token.utf8)
        let dot = bytes.lastIndex(of: UInt8(ascii: "."))!
        let signature = bytes[(dot + 1)...].withUnsafeBytes { Base64URL.decode($0) }
        return (Array(bytes[..<dot]), signature ?? [])
    }
}
