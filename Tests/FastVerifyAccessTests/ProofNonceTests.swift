import FastVerify
import Testing

@testable import FastVerifyAccess

struct ProofNonceTests {
    private let proofs = Proofs()

    @Test func thisSliceAndTheLast() throws {
        let clock = SetClock(Proofs.now)
        let nonces = try ProofNonces(lifetime: 50, clock: clock.unix)
        let verifier = Proofs.verifier(nonces: nonces, clock: clock.unix)
        func verify(_ nonce: String?) throws(Refusal) -> String? {
            let claims = ["nonce": nonce.map { "\"\($0)\"" }, "iat": "\(clock.now)"]
            return try verifier.verify(
                [proofs.proof(claims: claims)], for: Proofs.target, token: proofs.token, boundTo: proofs.thumbprint
            ).nextNonce
        }
        let first = nonces.current
        #expect(first.utf8.count == 22)
        #expect(throws: Refusal(.nonceRequired(first), "proof_without_nonce")) { try verify(nil) }
        #expect(throws: Refusal(.nonceRequired(first), "proof_with_old_nonce")) { try verify("") }
        #expect(throws: Refusal(.nonceRequired(first), "proof_with_old_nonce")) { try verify(first + "x") }
        #expect(try verify(first) == nil)
        clock.now += 50
        let second = nonces.current
        #expect(second != first)
        #expect(try verify(first) == second, "the last one is good once more, and the answer has the next")
        #expect(try verify(second) == nil)
        clock.now += 50
        let third = nonces.current
        #expect(throws: Refusal(.nonceRequired(third), "proof_with_old_nonce")) { try verify(first) }
        #expect(try verify(second) == third)
    }

    @Test func aNonceOfAWrongTypeIsNone() throws {
        let nonces = try ProofNonces(clock: .fixed(Proofs.now))
        let verifier = Proofs.verifier(nonces: nonces)
        for value in ["null", "17", "[\"\(nonces.current)\"]"] {
            #expect(proofs.reason(proofs.proof(claims: ["nonce": value]), by: verifier) == "proof_with_old_nonce")
        }
    }

    /// The nonce is asked for only where the proof is otherwise good, and then nothing of it is remembered.
    @Test func askedForLast() throws {
        let nonces = try ProofNonces(clock: .fixed(Proofs.now))
        let verifier = Proofs.verifier(nonces: nonces)
        #expect(proofs.refusal(proofs.proof(claims: ["htm": "\"GET\""]), by: verifier)?.answer == .invalidProof)
        #expect(proofs.refusal(proofs.proof(), by: verifier)?.answer == .nonceRequired(nonces.current))
        #expect(verifier.replays.statistics.entries == 0)
    }

    @Test func aSharedSecretIsASharedNonce() throws {
        let secret = Array(repeating: UInt8(7), count: 32)
        let (a, b) = (
            try ProofNonces(secret: secret, clock: .fixed(1)), try ProofNonces(secret: secret, clock: .fixed(1))
        )
        #expect(try a.current == b.current && a.current != ProofNonces(clock: .fixed(1)).current)
        #expect(throws: KeyError.self) { try ProofNonces(secret: Array(repeating: 7, count: 31)) }
        // A slice before 1970 is one like all others.
        let early = SetClock(-1)
        let nonces = try ProofNonces(secret: secret, lifetime: 100, clock: early.unix)
        let before = nonces.current
        early.now = 0
        #expect(nonces.current != before)
        early.now = 99
        let after = nonces.current
        early.now = 0
        #expect(nonces.current == after)
    }
}
