import FastVerify
import FastVerifyAccess
import Testing

@testable import Bench

struct ProofCostTests {
    private let tokens = try! BoundTokens(.es256, proof: .es256, count: 6, clients: 2)

    private func contender(_ tokens: [String], _ evidence: ProofContender.Evidence) throws -> ProofContender {
        let keys = KeySource(KeySet([try JWK(self.tokens.key.verificationKey, keyID: self.tokens.key.keyID)]))
        let verifier = Verifier(Claims.policy(.es256), keys: keys, clock: .fixed(Claims.now))
        return ProofContender("test", verifier, tokens, evidence, cachedKeys: 8)
    }

    @Test func whatIsMeasuredPassesEachTime() throws {
        for contender in [
            try contender(tokens.plain, .none),
            try contender(tokens.boundToCertificate, .certificate(tokens.certificate)),
            try contender(tokens.boundToKeys, .proofs(tokens.proofs)),
        ] {
            try contender.checkAll()
            #expect(contender.check(0..<6) == 6 && contender.check(0..<6) == 6)
        }
        #expect(Set(tokens.plain.map(\.utf8.count)) == Set(tokens.boundToKeys.map(\.utf8.count)))
    }

    @Test func whatIsNotShownIsNotCounted() throws {
        let other = ClientCertificate(thumbprint: SHA256Digest(of: [1]))
        #expect(try contender(tokens.boundToCertificate, .certificate(other)).check(0..<6) == 0)
        #expect(try contender(tokens.boundToKeys, .proofs(tokens.proofs.reversed())).check(0..<6) == 0)
        #expect(try contender(tokens.boundToKeys, .certificate(other)).check(0..<6) == 0)
    }
}
