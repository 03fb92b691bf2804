import Crypto
import CryptoExtras
import EngineProtocol
import Foundation

struct Job: Decodable {
    let algorithm: String
    let jwk: [String: String]
    let pem: String?
    let secret: String?
    let signatures: [[String]]
    let corpus: [[String]]
}

struct Item: Sendable {
    let input: Data
    let signature: Data

    init(_ pair: [String]) {
        input = Data(base64URL: pair[0])!
        signature = Data(base64URL: pair[1])!
    }
}

@main
struct Backend {
    static func main() async throws {
        try await serve("swift-crypto", version: "4.5.2", library: "BoringSSL") { (job: Job) -> Work<Item>? in
            guard let isValid = try check(job) else { return nil }
            return Work(corpus: job.corpus.map(Item.init), workload: job.signatures.map(Item.init), isValid: isValid)
        }
    }

    /// What verifies a signature under the job's key.
    private static func check(_ job: Job) throws -> (@Sendable (Item) -> Bool)? {
        let pem = job.pem ?? ""
        switch job.algorithm {
        case "HS256": return tags(SHA256.self, job)
        case "HS384": return tags(SHA384.self, job)
        case "HS512": return tags(SHA512.self, job)
        case "RS256": return try rsa(SHA256.self, .insecurePKCS1v1_5, pem)
        case "RS384": return try rsa(SHA384.self, .insecurePKCS1v1_5, pem)
        case "RS512": return try rsa(SHA512.self, .insecurePKCS1v1_5, pem)
        case "PS256": return try rsa(SHA256.self, .PSS, pem)
        case "PS384": return try rsa(SHA384.self, .PSS, pem)
        case "PS512": return try rsa(SHA512.self, .PSS, pem)
        case "ES256":
            let key = try P256.Signing.PublicKey(pemRepresentation: pem)
            return numbers({ try P256.Signing.ECDSASignature(rawRepresentation: $0) }) {
                key.isValidSignature($0, for: $1)
            }
        case "ES384":
            let key = try P384.Signing.PublicKey(pemRepresentation: pem)
            return numbers({ try P384.Signing.ECDSASignature(rawRepresentation: $0) }) {
                key.isValidSignature($0, for: $1)
            }
        case "ES512":
            let key = try P521.Signing.PublicKey(pemRepresentation: pem)
            return numbers({ try P521.Signing.ECDSASignature(rawRepresentation: $0) }) {
                key.isValidSignature($0, for: $1)
            }
        case "EdDSA", "Ed25519":
            let key = try Curve25519.Signing.PublicKey(rawRepresentation: Data(base64URL: job.jwk["x"] ?? "")!)
            return { key.isValidSignature($0.signature, for: $0.input) }
        default: return nil
        }
    }

    private static func numbers<Signature>(
        _ read: @escaping @Sendable (Data) throws -> Signature, _ isValid: @escaping @Sendable (Signature, Data) -> Bool
    ) -> @Sendable (Item) -> Bool {
        { item in
            guard let signature = try? read(item.signature) else { return false }
            return isValid(signature, item.input)
        }
    }

    private static func tags<Hash: HashFunction>(_ hash: Hash.Type, _ job: Job) -> @Sendable (Item) -> Bool {
        // A copy of this has taken in the key.
        let keyed = HMAC<Hash>(key: SymmetricKey(data: Data(base64URL: job.secret ?? "")!))
        return { item in
            var tag = keyed
            tag.update(data: item.input)
            return tag.finalize() == item.signature
        }
    }

    private static func rsa<Hash: HashFunction>(
        _ hash: Hash.Type, _ padding: _RSA.Signing.Padding, _ pem: String
    ) throws -> @Sendable (Item) -> Bool {
        let key = try _RSA.Signing.PublicKey(pemRepresentation: pem)
        return { item in
            let signature = _RSA.Signing.RSASignature(rawRepresentation: item.signature)
            return key.isValidSignature(signature, for: Hash.hash(data: item.input), padding: padding)
        }
    }
}
