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

struct Reply: Encodable {
    let engine = "jwt-kit"
    let version = "5.7.1"
    let library = "swift-crypto (BoringSSL)"
    var verdicts: String?
    var unsupported: String?
}

@main
struct Engine {
    let keys = JWTKeyCollection()
    let tokens: [[UInt8]]

    static func main() async throws {
        guard let line = readLine() else { return }
        let job = try JSONDecoder().decode(Job.self, from: Data(line.utf8))
        Payload.issuer = job.issuer
        Payload.audience = job.audience
        let engine = Engine(tokens: job.tokens.map { Array($0.utf8) })
        guard try await engine.add(job) else { return say(Reply(unsupported: "no \(job.algorithm)")) }
        var verdicts = ""
        for token in job.corpus.map({ Array($0.utf8) }) + engine.tokens {
            verdicts += await engine.isValid(token) ? "1" : "0"
        }
        say(Reply(verdicts: verdicts))
        var position = 0
        while let words = readLine()?.split(separator: " ") {
            guard words.count == 2, words[0] == "run", let seconds = Double(words[1]) else { exit(2) }
            await engine.run(seconds, from: &position)
        }
    }

    static func say(_ reply: Reply) {
        print(String(decoding: try! JSONEncoder().encode(reply), as: UTF8.self))
        fflush(nil)
    }

    private func add(_ job: Job) async throws -> Bool {
        let name = job.jwk["kid"].map { JWKIdentifier(string: $0) }
        let pem = job.pem ?? ""
        switch job.algorithm {
        case "HS256", "HS384", "HS512":
            let digests: [String: DigestAlgorithm] = ["HS256": .sha256, "HS384": .sha384, "HS512": .sha512]
            let secret = (job.secret ?? "").replacingOccurrences(of: "-", with: "+").replacingOccurrences(
                of: "_", with: "/")
            let padded = secret + String(repeating: "=", count: (4 - secret.count % 4) % 4)
            await keys.add(
                hmac: HMACKey(from: Data(base64Encoded: padded)!), digestAlgorithm: digests[job.algorithm]!, kid: name)
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

    private func isValid(_ token: [UInt8]) async -> Bool { (try? await keys.verify(token, as: Payload.self)) != nil }

    private func run(_ seconds: Double, from position: inout Int) async {
        let (start, cpu) = (Self.now(CLOCK_MONOTONIC), Self.now(CLOCK_PROCESS_CPUTIME_ID))
        var count = 0
        var wall = 0.0
        repeat {
            guard await isValid(tokens[position]) else {
                print("wrong")
                exit(1)
            }
            count += 1
            position = (position + 1) % tokens.count
            wall = Self.now(CLOCK_MONOTONIC) - start
        } while wall < seconds
        print(count, wall, Self.now(CLOCK_PROCESS_CPUTIME_ID) - cpu)
        fflush(nil)
    }

    private static func now(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
