internal import FastVerify

private typealias Issuer = CatalogueIssuer

/// One way to present a token that is bound to its sender, or to pretend to (RFC 9449, RFC 8705): for a server that requires nothing
/// of plain tokens, verifies proofs for `origin` at the catalogue's time without nonces, and takes certificates from `Client-Cert`.
public struct SenderAttack: Sendable, CustomStringConvertible {
    public enum Outcome: Sendable {
        case accepted
        /// 401 `invalid_token`, with the bytes that all bad tokens of this scheme get.
        case badToken
        /// 401 `invalid_dpop_proof`, likewise.
        case badProof
        /// 400 `invalid_request`.
        case malformed
    }

    /// Each request is a GET of this path, which clients know by this origin.
    public static let origin = "https://api.example"
    public static let path = "/orders"

    public let name: String
    /// `DPoP` or `Bearer`, and a token.
    public let authorization: String
    /// The values of `DPoP` fields.
    public let proofs: [String]
    public let clientCertificate: String?
    public let outcome: Outcome

    public var description: String { name }

    /// In order: some repeat what an earlier one has sent.
    public static let catalogue = schemes + replays + claims + headers + shapes + certificates

    /// A request that is accepted, with a proof that was never sent before.
    public static func fresh() -> SenderAttack { dpop("fresh", proof(), is: .accepted) }

    /// `Authorization` and `DPoP` of a request with a nonce, made at another time or for another path.
    public static func request(
        nonce: String?, path: String = path, issuedAt: Int64 = CatalogueIssuer.now
    ) -> (authorization: String, proof: String) {
        let changes: [String: String?] = [
            "nonce": nonce.map { "\"\($0)\"" }, "htu": "\"\(origin)\(path)\"", "iat": "\(issuedAt)",
        ]
        return ("DPoP \(bound)", proof(changes))
    }

    // MARK: Parties

    static let holder = try! SigningKey(generate: .es256)
    private static let thief = try! SigningKey(generate: .es256)
    private static let certificate = ":MAMCAQc=:"
    private static let thumbprint = SHA256Digest(of: [0x30, 0x03, 0x02, 0x01, 0x07]).base64URL

    private static let jkt = "\"jkt\":\"\(holder.verificationKey.thumbprint)\""
    private static let x5t = "\"x5t#S256\":\"\(thumbprint)\""
    private static let bound = token("{\(jkt)}")

    private static func token(_ confirmation: String) -> String {
        Issuer.token(payload: Issuer.claims.dropLast() + ",\"cnf\":\(confirmation)}")
    }

    // MARK: Proofs

    /// A proof of the holder with members replaced, or left out by `nil`; each has a `jti` of its own.
    static func proof(
        _ changes: [String: String?] = [:], header: [String: String?] = [:], of token: String? = nil,
        by key: SigningKey = holder, signedBy signer: SigningKey? = nil
    ) -> String {
        let ath = SHA256Digest(of: Array((token ?? bound).utf8)).base64URL
        let unique = "p-\(UInt64.random(in: .min ... .max))"
        let claims = [
            ("jti", "\"\(unique)\""), ("htm", "\"GET\""), ("htu", "\"\(origin)\(path)\""), ("iat", "\(Issuer.now)"),
            ("ath", "\"\(ath)\""),
        ]
        let fields = [("typ", "\"dpop+jwt\""), ("alg", "\"\(key.algorithm.name)\""), ("jwk", key.publicJWK)]
        let input = Issuer.encode(object(fields, header)) + "." + Issuer.encode(object(claims, changes))
        return input + "." + Issuer.encode((signer ?? key).sign(Array(input.utf8))!)
    }

    private static func object(_ members: [(String, String)], _ changes: [String: String?]) -> String {
        let kept = members.compactMap { name, value in
            (changes.keys.contains(name) ? changes[name]! : value).map { "\"\(name)\":\($0)" }
        }
        let known = Set(members.map(\.0))
        let added = changes.sorted { $0.key < $1.key }.compactMap { name, value in
            known.contains(name) ? nil : value.map { "\"\(name)\":\($0)" }
        }
        return "{" + (kept + added).joined(separator: ",") + "}"
    }

    private static func dpop(
        _ name: String, _ proofs: String..., of token: String? = nil, certificate: String? = nil,
        is outcome: Outcome = .badProof
    ) -> SenderAttack {
        SenderAttack(
            name: name, authorization: "DPoP \(token ?? bound)", proofs: proofs, clientCertificate: certificate,
            outcome: outcome)
    }

    private static func bearer(
        _ name: String, _ token: String, proof: String? = nil, certificate: String? = nil,
        is outcome: Outcome = .badToken
    ) -> SenderAttack {
        SenderAttack(
            name: name, authorization: "Bearer \(token)", proofs: proof.map { [$0] } ?? [],
            clientCertificate: certificate, outcome: outcome)
    }

    // MARK: Attacks

    private static var schemes: [SenderAttack] {
        let plain = Issuer.token()
        return [
            dpop("a good proof", proof(), is: .accepted), bearer("a plain token", plain, is: .accepted),
            bearer("bound, as bearer", bound), bearer("bound, as bearer, with a proof", bound, proof: proof()),
            dpop("no proof"), dpop("two proofs", proof(), proof()),
            dpop("two proofs in a field", proof() + ", " + proof()),
            dpop("a plain token with a proof", proof(of: plain), of: plain, is: .badToken),
            dpop("a plain token", of: plain, is: .badToken),
            bearer("a plain token with a proof that is none", plain, proof: "x", is: .accepted),
        ]
    }

    private static var replays: [SenderAttack] {
        let used = proof()
        return [dpop("first", used, is: .accepted), dpop("again", used), dpop("and again", used)]
    }

    private static var claims: [SenderAttack] {
        let good: [(String, [String: String?])] = [
            ("a query in htu", ["htu": "\"\(origin)\(path)?page=2\""]),
            ("capitals in htu", ["htu": "\"HTTPS://API.example:443\(path)\""]),
            ("dots in htu", ["htu": "\"\(origin)/a/..\(path)\""]), ("almost too old", ["iat": "\(Issuer.now - 60)"]),
            ("a claim more", ["x": "{\"y\":[]}"]),
        ]
        let bad: [(String, [String: String?])] = [
            ("another method", ["htm": "\"POST\""]), ("small letters", ["htm": "\"get\""]), ("no htm", ["htm": nil]),
            ("another host", ["htu": "\"https://other.example\(path)\""]),
            ("another path", ["htu": "\"\(origin)/order\""]),
            ("a longer path", ["htu": "\"\(origin)\(path)/1\""]), ("no TLS", ["htu": "\"http://api.example\(path)\""]),
            ("another port", ["htu": "\"\(origin):8443\(path)\""]),
            ("user information", ["htu": "\"https://api.example@other.example\(path)\""]),
            ("a path alone", ["htu": "\"\(path)\""]), ("htu in a list", ["htu": "[\"\(origin)\(path)\"]"]),
            ("no htu", ["htu": nil]),
            ("another token's ath", ["ath": "\"\(SHA256Digest(of: []).base64URL)\""]), ("no ath", ["ath": nil]),
            ("an empty ath", ["ath": "\"\""]), ("too old", ["iat": "\(Issuer.now - 61)"]),
            ("from the future", ["iat": "\(Issuer.now + 6)"]), ("iat as text", ["iat": "\"\(Issuer.now)\""]),
            ("no iat", ["iat": nil]), ("an endless iat", ["iat": "1e300"]), ("no jti", ["jti": nil]),
            ("an empty jti", ["jti": "\"\""]), ("a number as jti", ["jti": "1"]),
            ("a long jti", ["jti": "\"\(String(repeating: "j", count: 300))\""]),
        ]
        return good.map { dpop($0.0, proof($0.1), is: .accepted) } + bad.map { dpop($0.0, proof($0.1)) }
    }

    private static var headers: [SenderAttack] {
        let secret = try! SigningKey(
            secret: Array(holder.publicJWK.utf8), keyID: nil, algorithm: .hs256)
        let changes: [(String, [String: String?])] = [
            ("typ JWT", ["typ": "\"JWT\""]), ("typ at+jwt", ["typ": "\"at+jwt\""]), ("no typ", ["typ": nil]),
            ("alg none", ["alg": "\"none\""]), ("alg of another key", ["alg": "\"RS256\""]), ("no jwk", ["jwk": nil]),
            ("jwk as text", ["jwk": "\"x\""]), ("a private key", ["jwk": holder.privateJWK]),
            ("crit", ["crit": "[\"b64\"]"]),
        ]
        return changes.map { dpop($0.0, proof(header: $0.1)) } + [
            dpop("the thief's own key", proof(by: thief)),
            dpop("the holder's key, the thief's signature", proof(signedBy: thief)),
            dpop("a key as secret", proof(header: ["alg": "\"HS256\""], signedBy: secret)),
            dpop("a secret as key", proof(header: ["alg": "\"HS256\"", "jwk": secret.publicJWK], signedBy: secret)),
        ]
    }

    private static var shapes: [SenderAttack] {
        let parts = proof().split(separator: ".").map(String.init)
        return [
            dpop("empty", ""), dpop("no dots", "abc"), dpop("no signature", "\(parts[0]).\(parts[1])."),
            dpop("two segments", "\(parts[0]).\(parts[1])"), dpop("the token as proof", bound),
            dpop("10 KB", proof(["x": "\"\(String(repeating: "x", count: 8000))\""])),
        ]
    }

    private static var certificates: [SenderAttack] {
        let (client, both) = (token("{\(x5t)}"), token("{\(jkt),\(x5t)}"))
        let unknown = [
            "null", "[]", "{}", "\"x\"", "{\"jkt\":null}", "{\"kid\":\"k\"}", "{\"x5t#S256\":7}",
            "{\(x5t),\"kid\":\"k\"}",
        ]
        return [
            bearer("the client's certificate", client, certificate: certificate, is: .accepted),
            bearer("no certificate", client), bearer("another certificate", client, certificate: ":MAMCAQg=:"),
            bearer("a field that is none", client, certificate: "MAMCAQc=", is: .malformed),
            bearer("not DER", client, certificate: ":AAAA:", is: .malformed),
            dpop(
                "bound to a certificate alone, as DPoP", proof(of: client), of: client, certificate: certificate,
                is: .badToken),
            dpop("bound to both", proof(of: both), of: both, certificate: certificate, is: .accepted),
            dpop("both, without the certificate", proof(of: both), of: both, is: .badToken),
            dpop("both, without the proof", of: both, certificate: certificate),
            bearer("both, as bearer", both, certificate: certificate),
        ]
            + unknown.map { bearer("cnf \($0)", token($0), certificate: certificate) }
    }
}
