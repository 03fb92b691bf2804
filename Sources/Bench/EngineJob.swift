import FastVerify
import Foundation

/// The first line a program gets: the key in every form, and what is to be verified under it.
struct EngineJob<Work: Encodable>: Encodable {
    private let key: Key
    private let work: Work

    private struct Key: Encodable {
        let algorithm: String
        let jwk: [String: String]
        let pem: String?
        let secret: String?

        init(_ workload: Workload) throws {
            algorithm = workload.subject.name
            let members = try JSONSerialization.jsonObject(with: Data(workload.key.publicJWK.utf8))
            jwk = members as? [String: String] ?? [:]
            let material = KeyMaterial(workload.key.verificationKey)
            pem = material.publicKeyPEM.map { String(decoding: $0, as: UTF8.self) }
            secret = jwk["k"]
        }
    }

    private init(_ workload: Workload, work: Work) throws {
        key = try Key(workload)
        self.work = work
    }

    func encode(to encoder: any Encoder) throws {
        try key.encode(to: encoder)
        try work.encode(to: encoder)
    }

    func line() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return try encoder.encode(self) + Data("\n".utf8)
    }
}

/// What an engine verifies.
struct TokenWork: Encodable {
    let issuer = Claims.issuer
    let audience = Claims.audience
    let now: Int64
    let tokens: [String]
    let corpus: [String]
}

extension EngineJob where Work == TokenWork {
    init(_ workload: Workload, _ corpus: Corpus) throws {
        let work = TokenWork(now: workload.moment.now, tokens: workload.tokens, corpus: corpus.cases.map(\.token))
        try self.init(workload, work: work)
    }
}

/// What a backend verifies: pairs of signing input and signature, both in base64url.
struct SignatureWork: Encodable {
    let signatures: [[String]]
    let corpus: [[String]]
}

extension EngineJob where Work == SignatureWork {
    init(_ workload: Workload, signaturesOf cases: [Corpus.Case]) throws {
        func pairs(_ tokens: [String]) -> [[String]] {
            tokens.map { token in
                let (input, signature) = Workload.split(token)
                return [Base64URL.encode(input), Base64URL.encode(signature)]
            }
        }
        try self.init(
            workload, work: SignatureWork(signatures: pairs(workload.tokens), corpus: pairs(cases.map(\.token))))
    }
}
