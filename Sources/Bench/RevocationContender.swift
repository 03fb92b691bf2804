import FastVerify

/// Accepted tokens held against a revocation set, without anything else of the flow.
final class RevocationContender: Contender {
    let name: String
    let validBefore: [Int]
    let isRevoked: Bool
    let batch: Int
    private let set: RevocationSet
    private var tokens = VerificationBatch()

    /// `revoked`: the entries of the set, of which each token is one.
    init(_ set: RevocationSet, _ claims: [String], count: Int, revoked entries: Int?, batch: Int) throws {
        let isRevoked = entries != nil
        self.isRevoked = isRevoked
        name = "\(claims) \(isRevoked ? "revoked" : "not revoked") \(batch)"
        self.set = set
        self.batch = batch
        let texts = try Self.tokens(claims, count: count, revoked: entries)
        try Self.verifier().verify(batch: texts, into: &tokens)
        validBefore = Self.sums(texts.map { _ in !isRevoked })
    }

    private static func key() throws -> SigningKey {
        try SigningKey(secret: Array(repeating: 7, count: 32), keyID: "a", algorithm: .hs256)
    }

    /// For the tokens below.
    static func verifier(cache: TokenCache? = nil, revocation: RevocationSet? = nil) throws -> Verifier {
        let keys = KeySource(KeySet([try JWK(key().verificationKey, keyID: "a", algorithm: .hs256)]))
        return Verifier(
            Claims.policy(.hs256), keys: keys, clock: .fixed(Claims.now), cache: cache, revocation: revocation)
    }

    /// Tokens that each have one of `revoked` entries as their first claim, or none.
    static func tokens(_ claims: [String], count: Int, revoked entries: Int? = nil) throws -> [String] {
        let key = try key()
        var random = Random(seed: 5)
        return (0..<count).map { number -> String in
            var entry = number
            if let entries { entry = Int.random(in: 0..<max(1, entries / claims.count), using: &random) * claims.count }
            let members = ["jti", "sub", "sid", "tenant"].map { claim in
                let isNamed = entries != nil && claim == claims[0]
                return ",\"\(claim)\":\"\(padded(isNamed ? "\(claim)-\(entry)" : "other \(claim)-\(number)"))\""
            }
            let json =
                "{\"iss\":\"\(Claims.issuer)\",\"aud\":\"\(Claims.audience)\",\"exp\":\(Claims.now + 60)"
                + ",\"iat\":\(Claims.now)\(members.joined())}"
            return key.token(payload: Array(json.utf8))!
        }
    }

    /// Identifiers of 22 characters, as 16 random bytes have.
    private static func padded(_ name: String) -> String {
        name + String(repeating: "x", count: max(0, 22 - name.utf8.count))
    }

    static func revoke(_ name: String, _ claim: String, in set: RevocationSet) throws(RevocationError) {
        let name = padded(name)
        let target: RevocationEvent.Target =
            switch claim {
            case "jti": .token(id: name)
            case "sub": .subject(name, issuedBefore: Claims.now + 1)
            case "sid": .session(name, issuedBefore: Claims.now + 1)
            default: .tenant(name, issuedBefore: Claims.now + 1)
            }
        try set.apply(RevocationEvent(issuer: Claims.issuer, target, expiration: nil))
    }

    var count: Int { validBefore.count - 1 }

    func check(_ range: Range<Int>) -> Int {
        if batch > 1 { return set.checkAgain(&tokens, range, now: Claims.now) }
        var valid = 0
        for position in range { valid += set.checkAgain(&tokens, position..<position + 1, now: Claims.now) }
        return valid
    }
}
