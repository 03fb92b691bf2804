import FastVerify
import FastVerifyAccess

/// Access tokens of a workload's kind, each without a binding, bound to the key of one of some clients, and bound to a
/// certificate; and a proof for each by its client (RFC 9449 §4.2).
struct BoundTokens {
    let key: SigningKey
    private(set) var plain: [String] = []
    private(set) var boundToKeys: [String] = []
    private(set) var proofs: [String] = []
    private(set) var boundToCertificate: [String] = []
    let certificate = ClientCertificate(thumbprint: SHA256Digest(of: Array("a certificate".utf8)))

    struct Unsigned: Error, CustomStringConvertible {
        let description = "signing failed"
    }

    /// `clients` keys for proofs take turns.
    init(_ algorithm: Algorithm, proof proofAlgorithm: Algorithm, count: Int, clients: Int) throws {
        let key = try Workload(Subject(algorithm), count: 1).key
        self.key = key
        let keys = try (0..<clients).map { _ in try SigningKey(generate: proofAlgorithm) }
        var random = Random(seed: 9)
        for number in 0..<count {
            let claims = Claims(&random, at: .fixed).json.dropLast()
            let client = keys[number % clients]
            func token(_ confirmation: String) throws -> String {
                guard let token = key.token(payload: Array("\(claims),\(confirmation)}".utf8)) else { throw Unsigned() }
                return token
            }
            // A member of the same size, so that all tokens are of one length.
            plain.append(try token("\"cno\":{\"jkt\":\"\(client.verificationKey.thumbprint)\"}"))
            boundToKeys.append(try token("\"cnf\":{\"jkt\":\"\(client.verificationKey.thumbprint)\"}"))
            boundToCertificate.append(try token("\"cnf\":{\"x5t#S256\":\"\(certificate.thumbprint.base64URL)\"}"))
            proofs.append(try Self.proof(boundToKeys[number], client, Base64URL.encode(random.bytes(16))))
        }
    }

    private static func proof(_ token: String, _ key: SigningKey, _ tokenID: String) throws -> String {
        let jwk = JSONText.object(key.verificationKey.publicMembers.map { ($0.name, $0.value) })
        let header = "{\"typ\":\"dpop+jwt\",\"alg\":\"\(key.algorithm.name)\",\"jwk\":\(jwk)}"
        let claims = JSONText.object([
            ("jti", tokenID), ("htm", "POST"), ("htu", "https://api.example/v1/orders"),
            ("ath", SHA256Digest(of: Array(token.utf8)).base64URL),
        ])
        let payload = "\(claims.dropLast()),\"iat\":\(Claims.now)}"
        let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        guard let signature = key.sign(Array(input.utf8)) else { throw Unsigned() }
        return input + "." + Base64URL.encode(signature)
    }
}
