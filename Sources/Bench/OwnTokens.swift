import FastVerify
import Foundation

/// Tokens and keys of the user's own: signatures are measured, claims are not looked at.
struct OwnTokens {
    /// Tokens whose header names no algorithm of the registry.
    private(set) var unreadable = 0
    private var groups: [Subject: [String]] = [:]
    private let keys: [JWK]

    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    init(tokens: [UInt8], jwks: [UInt8]) throws {
        let set = try JWKSet(json: jwks)
        guard !set.keys.isEmpty else { throw Unusable(description: "the key set holds no usable key") }
        keys = set.keys
        let lines = tokens.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        for line in lines {
            let token = String(decoding: line, as: UTF8.self)
            if let algorithm = Self.algorithm(token) {
                groups[Subject(algorithm), default: []].append(token)
            } else {
                unreadable += 1
            }
        }
        guard !groups.isEmpty else { throw Unusable(description: "no token names an algorithm of the registry") }
    }

    /// What the header claims; only decides which kernels are measured on the token.
    private static func algorithm(_ token: String) -> Algorithm? {
        let header = Array(token.utf8.prefix { $0 != UInt8(ascii: ".") })
        guard let bytes = header.withUnsafeBytes({ Base64URL.decode($0) }),
            let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            let name = object["alg"] as? String
        else { return nil }
        return Algorithm(name: name)
    }

    /// One contest for each algorithm the tokens name.
    func contests(kernels: (Subject) -> [Kernel]) throws -> [Contest] {
        try groups.sorted { $0.key.header < $1.key.header }.compactMap { subject, tokens in
            let rows = kernels(subject)
            return rows.isEmpty ? nil : try contest(subject, tokens, rows)
        }
    }

    private func contest(_ subject: Subject, _ tokens: [String], _ rows: [Kernel]) throws -> Contest {
        let usable = keys.filter { $0.algorithms.contains(subject.header) }
        let algorithms = AlgorithmSet(subject.header)
        let judge = Verifier(
            signaturesOnly: algorithms, keys: KeySource(KeySet(usable, kernels: .named(rows[0].name))))
        let verdicts = judge.verify(batch: tokens)
        var signatures: [[(input: [UInt8], signature: [UInt8])]] = usable.map { _ in [] }
        for (token, verdict) in zip(tokens, verdicts) {
            guard let accepted = try? verdict.get(), let key = position(of: accepted.keyID, in: usable) else {
                continue
            }
            signatures[key].append(Workload.split(token))
        }
        let isValid = verdicts.map { if case .success = $0 { true } else { false } }
        return try Contest(
            subject, rows, TokenText(tokens), isValid: isValid, keys: usable,
            baseline: Baseline(subject.schemeName, zip(usable.map(\.key), signatures).map { ($0, $1) }), corpus: nil
        ) { Verifier(signaturesOnly: algorithms, keys: $0) }
    }

    /// The verifier has found one key for the name, so there is one; a name may be shared by keys of other algorithms only.
    private func position(of keyID: String?, in keys: [JWK]) -> Int? { keys.firstIndex { $0.keyID == keyID } }
}
