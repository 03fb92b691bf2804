import EngineProtocol
import Foundation
import JWTKit

struct Job: Decodable {
    let algorithm: String
    let jwk: [String: String]
    let pem: String?
    let secret: String?
    let issuer: String
    let audience: String
    let tokens: [String]
    let corpus: [String]
}

/// jwt-kit looks at the claims that its user declares, and at each as its user says.
struct Payload: JWTPayload {
    // Written once, before the first token.
    nonisolated(unsafe) static var issuer = ""
    nonisolated(unsafe) static var audience = ""

    let iss: IssuerClaim
    let aud: AudienceClaim
    let exp: ExpirationClaim
    let nbf: NotBeforeClaim?

    func verify(using algorithm: some JWTAlgorithm) throws {
        try exp.verifyNotExpired()
        try nbf?.verifyNotBefore()
        try aud.verifyIntendedAudience(includes: Self.audience)
        guard iss.value == Self.issuer else {
            throw JWTError.claimVerificationFailure(failedClaim: iss, reason: "another issuer")
        }
    }
}

@main
struct Engine {
    static func main() async throws {
        try await serve("jwt-kit", version: "5.7.1", library: "swift-crypto (BoringSSL)") {
            (job: Job) -> Work<[UInt8]>? in
            Payload.issuer = job.issuer
            Payload.audience = job.audience
            let keys = JWTKeyCollection()
            guard try await add(job, to: keys) else { return nil }
            return Work(corpus: job.corpus.map { Array($0.utf8) }, workload: job.tokens.map { Array($0.utf8) }) {
                (try? await keys.verify($0, as: Payload.self)) != nil
            }
        }
    }

    private static func add(_ job: Job, to keys: JWTKeyCollection) async throws -> Bool {
        let name = job.jwk["kid"].map { JWKIdentifier(string: $0) }
        let pem = job.pem ?? ""
        switch job.algorithm {
        case "HS256", "HS384", "HS512":
            let digests: [String: DigestAlgorithm] = ["HS256": .sha256, "HS384": .sha384, "HS512": .sha512]
            await keys.add(
                hmac: HMACKey(from: Data(base64URL: job.secret ?? "")!), digestAlgorithm: digests[job.algorithm]!,
                kid: name)
        case "RS256": try await keys.add(rsa: Insecure.RSA.PublicKey(pem: pem), digestAlgorithm: .sha256, kid: name)
        case "RS384": try await keys.add(rsa: Insecure.RSA.PublicKey(pem: pem), digestAlgorithm: .sha384, kid: name)
        case "RS512": try await keys.add(rsa: Insecure.RSA.PublicKey(pem: pem), digestAlgorithm: .sha512, kid: name)
        case "PS256": try await keys.add(pss: Insecure.RSA.PublicKey(pem: pem), digestAlgorithm: .sha256, kid: name)
        case "PS384": try await keys.add(pss: Insecure.RSA.PublicKey(pem: pem), digestAlgorithm: .sha384, kid: name)
        case "PS512": try await keys.add(pss: Insecure.RSA.PublicKey(pem: pem), digestAlgorithm: .sha512, kid: name)
        case "ES256": try await keys.add(ecdsa: ES256PublicKey(pem: pem), kid: name)
        case "ES384": try await keys.add(ecdsa: ES384PublicKey(pem: pem), kid: name)
        case "ES512": try await keys.add(ecdsa: ES512PublicKey(pem: pem), kid: name)
        case "EdDSA": try await keys.add(eddsa: EdDSA.PublicKey(x: job.jwk["x"] ?? "", curve: .ed25519), kid: name)
        default: return false
        }
        return true
    }
}
