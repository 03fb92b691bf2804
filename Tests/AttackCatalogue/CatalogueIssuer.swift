public import FastVerify

/// The issuer that the attacks are against, with keys of four kinds, and a server's verifier that trusts it.
public enum CatalogueIssuer {
    public static let name = "https://id.example"
    public static let audience = "orders"
    public static let now: Int64 = 1_800_000_000
    /// The claims of a good token.
    public static let claims =
        #"{"iss":"\#(name)","sub":"alice","aud":"\#(audience)","exp":\#(now + 900),"iat":\#(now),"jti":"t-1","scope":"read"}"#

    public static let ecdsa = try! SigningKey(generate: .es256, keyID: "ec")
    public static let edwards = try! SigningKey(generate: .edDSA, keyID: "ed")
    public static let rsa = try! SigningKey(generate: .rs256, keyID: "rsa")
    public static let secret = try! SigningKey(
        secret: Array("a secret of thirty-two bytes, so".utf8), keyID: "secret", algorithm: .hs256)
    /// Of another issuer that the verifier also trusts, with another audience in mind.
    public static let neighbour = try! SigningKey(generate: .es256, keyID: "neighbour")
    public static let neighbourName = "https://neighbour.example"
    /// Of somebody whom nobody trusts.
    public static let attacker = try! SigningKey(generate: .es256, keyID: "ec")

    /// Accepts tokens of the issuer and of its neighbour at `now`; knows one revoked token, `jti` "revoked".
    public static func verifier() -> Verifier {
        let algorithms: AlgorithmSet = [.es256, .edDSA, .rs256, .hs256]
        let issuers: [(String, [SigningKey])] = [(name, [ecdsa, edwards, rsa, secret]), (neighbourName, [neighbour])]
        let trusted = issuers.map { name, keys in
            Verifier.TrustedIssuer(
                ClaimPolicy(issuer: name, audience: audience, algorithms: algorithms),
                keys: KeySource(
                    KeySet(keys.map { try! JWK($0.verificationKey, keyID: $0.keyID, algorithm: $0.algorithm) })))
        }
        let revocation = RevocationSet(capacity: 16, staleness: .failOpen, clock: .fixed(now))
        try! revocation.apply(RevocationEvent(issuer: name, .token(id: "revoked"), expiration: nil))
        return Verifier(trusting: trusted, clock: .fixed(now), revocation: revocation)
    }

    /// A good token, signed by any of the keys.
    public static func token(_ key: SigningKey = ecdsa) -> String { token(payload: claims, key) }

    /// Exactly these claims under a plain header.
    public static func token(payload: String, _ key: SigningKey = ecdsa) -> String {
        token(header: header(key), payload: payload, key)
    }

    /// Exactly these texts, signed.
    public static func token(header: String, payload: String = claims, _ key: SigningKey = ecdsa) -> String {
        token(header: Array(header.utf8), payload: Array(payload.utf8), key)
    }

    public static func token(header: [UInt8], payload: [UInt8], _ key: SigningKey = ecdsa) -> String {
        let input = encode(header) + "." + encode(payload)
        return input + "." + encode(key.sign(Array(input.utf8))!)
    }

    static func header(_ key: SigningKey, _ more: String = "") -> String {
        #"{"alg":"\#(key.algorithm.name)","kid":"\#(key.keyID!)"\#(more)}"#
    }

    /// The claims with one replaced or added, `value` being JSON text; `nil` removes it.
    static func claims(_ name: String, _ value: String?) -> String {
        var members = [
            ("iss", "\"\(Self.name)\""), ("sub", "\"alice\""), ("aud", "\"\(audience)\""), ("exp", "\(now + 900)"),
            ("iat", "\(now)"),
        ].filter { $0.0 != name }
        if let value { members.append((name, value)) }
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var (out, held, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for byte in bytes {
            (held, bits) = (held << 8 | UInt32(byte), bits + 8)
            while bits >= 6 {
                bits -= 6
                out.append(digits[Int(held >> UInt32(bits)) & 63])
            }
        }
        if bits > 0 { out.append(digits[Int(held << UInt32(6 - bits)) & 63]) }
        return String(decoding: out, as: UTF8.self)
    }

    static func encode(_ text: String) -> String { encode(Array(text.utf8)) }
}
