import FastVerify
import Foundation
import Testing

/// Contracts 2 and 3: order, no neighbours, one API as good as another, replacement of keys while verifications run.
@Suite struct BatchTests {
    /// Tokens of every algorithm, and tokens refused at every stage, with what each must come to.
    static let corpus: [(token: String, error: VerificationError?)] = {
        var corpus: [(String, VerificationError?)] = []
        for algorithm in Algorithm.allCases {
            corpus.append((Fixture.token(algorithm), nil))
            corpus.append((Fixture.token(payload: Fixture.claims("exp", "1"), algorithm), .expired))
            let parts = Fixture.token(algorithm).split(separator: ".")
            let forged = Fixture.encode(Fixture.claims("sub", "\"root\""))
            corpus.append(("\(parts[0]).\(forged).\(parts[2])", .badSignature))
        }
        corpus.append(("", .notCompact))
        corpus.append((Fixture.token(header: #"{"alg":"none"}"#), .unsupportedAlgorithm))
        corpus.append((Fixture.token(header: #"{"alg":"ES256","kid":"other"}"#), .keyNotFound))
        corpus.append((Fixture.token(payload: "[]"), .malformedPayload))
        return corpus
    }()

    @Test func everyFormOfTheAPIAgrees() {
        let verifier = Fixture.verifier()
        let texts = Self.corpus.map(\.token)
        let bytes = texts.map { Array($0.utf8) }
        var batch = VerificationBatch()
        verifier.verify(batch: texts, into: &batch)
        let fromStrings = (0..<batch.count).map { batch.error(at: $0) }
        verifier.verify(batch: bytes, into: &batch)
        let fromArrays = (0..<batch.count).map { batch.error(at: $0) }
        let flat = Array(bytes.joined())
        let fromBuffers = flat.withUnsafeBytes { flat in
            var offset = 0
            let views = bytes.map { token in
                defer { offset += token.count }
                return UnsafeRawBufferPointer(rebasing: flat[offset..<offset + token.count])
            }
            verifier.verify(batch: views, into: &batch)
            return (0..<batch.count).map { batch.error(at: $0) }
        }
        let results = verifier.verify(batch: texts).map { result -> VerificationError? in
            if case .failure(let error) = result { error } else { nil }
        }
        let expected = Self.corpus.map(\.error)
        #expect(texts.map { Fixture.error($0, verifier) } == expected)
        #expect(fromStrings == expected)
        #expect(fromArrays == expected)
        #expect(fromBuffers == expected)
        #expect(results == expected)
    }

    /// Row 27 at the level of tokens: any size, any order, any neighbours.
    @Test func verdictsDoNotDependOnNeighbours() {
        var random = SystemRandomNumberGenerator()
        let verifier = Fixture.verifier()
        var batch = VerificationBatch()
        for size in Array(0...17) + [64, 200] {
            let picks = (0..<size).map { _ in Self.corpus.randomElement(using: &random)! }
            verifier.verify(batch: picks.map(\.token), into: &batch)
            #expect(batch.count == size)
            for (position, pick) in picks.enumerated() {
                #expect(batch.error(at: position) == pick.error)
                #expect((batch.claims(at: position)?.count == nil) == (pick.error != nil))
            }
            #expect(batch.validCount == picks.count { $0.error == nil })
        }
    }

    @Test func claimsBelongToTheirToken() throws {
        let verifier = Fixture.verifier()
        let tokens = (0..<300).map {
            Fixture.token(payload: Fixture.claims("sub", "\"user-\($0)\""), $0 % 3 == 0 ? .hs256 : .ed25519)
        }
        var batch = VerificationBatch()
        verifier.verify(batch: tokens, into: &batch)
        for position in tokens.indices {
            #expect(batch.claims(at: position)?.subject == "user-\(position)")
            #expect(batch.algorithm(at: position) == (position % 3 == 0 ? .hs256 : .ed25519))
        }
        let kept = try (0..<batch.count).map { try batch.token(at: $0) }
        verifier.verify(batch: [""], into: &batch)
        #expect(kept.map(\.subject) == tokens.indices.map { "user-\($0)" })
    }

    @Test func oneBatchForSeveralVerifiers() {
        var batch = VerificationBatch()
        let strict = Fixture.verifier(Fixture.policy([.es256]))
        for _ in 0..<3 {
            Fixture.verifier().verify(batch: [Fixture.token(.hs256)], into: &batch)
            #expect(batch.error(at: 0) == nil)
            strict.verify(batch: [Fixture.token(.hs256)], into: &batch)
            #expect(batch.error(at: 0) == .algorithmNotAllowed)
        }
    }

    /// Row 46: a removed key stops verifying, a replaced one changes, at once.
    @Test func rotation() throws {
        let old = try SigningKey(generate: .es256, keyID: "a")
        let new = try SigningKey(generate: .es256, keyID: "a")
        func set(_ keys: [SigningKey]) throws -> KeySet {
            KeySet(try keys.map { try JWK($0.verificationKey, keyID: $0.keyID) })
        }
        let source = KeySource(try set([old]))
        let verifier = Verifier(Fixture.policy(), keys: source, clock: .fixed(Fixture.now))
        let header = Array(#"{"alg":"ES256","kid":"a"}"#.utf8)
        let first = Fixture.token(headerBytes: header, payload: Array(Fixture.claims.utf8), old)
        let second = Fixture.token(headerBytes: header, payload: Array(Fixture.claims.utf8), new)
        var batch = VerificationBatch()
        func errors() -> [VerificationError?] {
            verifier.verify(batch: [first, second], into: &batch)
            return [
                batch.error(at: 0), batch.error(at: 1), Fixture.error(first, verifier), Fixture.error(second, verifier),
            ]
        }
        #expect(errors() == [nil, .badSignature, nil, .badSignature])
        source.replace(with: try set([new]))
        #expect(errors() == [.badSignature, nil, .badSignature, nil])
        source.replace(with: try set([]))
        #expect(errors() == [.keyNotFound, .keyNotFound, .keyNotFound, .keyNotFound])
        source.replace(with: try set([old]))
        #expect(errors() == [nil, .badSignature, nil, .badSignature])
    }

    @Test func replacementWhileOthersVerify() async throws {
        let key = try SigningKey(generate: .es256, keyID: "a")
        let stranger = try SigningKey(generate: .es256, keyID: "b")
        let token = Fixture.token(
            headerBytes: Array(#"{"alg":"ES256","kid":"a"}"#.utf8), payload: Array(Fixture.claims.utf8), key)
        let with = [try JWK(key.verificationKey, keyID: "a"), try JWK(stranger.verificationKey, keyID: "b")]
        let source = KeySource(KeySet(with))
        let verifier = Verifier(Fixture.policy(), keys: source, clock: .fixed(Fixture.now))
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var batch = VerificationBatch()
                    for _ in 0..<60 {
                        verifier.verify(batch: Array(repeating: token, count: 3), into: &batch)
                        if batch.validCount != 3 || Fixture.error(token, verifier) != nil { return false }
                    }
                    return true
                }
            }
            group.addTask {
                for round in 0..<200 { source.replace(with: KeySet(round % 2 == 0 ? with.reversed() : with)) }
                return true
            }
            for await fine in group { #expect(fine) }
        }
    }
}
