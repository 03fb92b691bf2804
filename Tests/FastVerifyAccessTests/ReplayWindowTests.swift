import FastVerify
import Testing

@testable import FastVerifyAccess

struct ReplayWindowTests {
    /// Old and new proofs in any order, while the clock steps forth and back: none is accepted twice, none that was never seen
    /// counts as seen, and none is given up as long as there is room.
    @Test func nothingTwiceAndNothingForgottenInVain() {
        var shard = ReplayShard(capacity: 64, floor: 0)
        var random = SystemRandomNumberGenerator()
        var proofs: [(issuedAt: Int64, accepted: Int)] = []
        var now: Int64 = 1000
        for step in 1...20_000 {
            if step % 7 == 0 { now += 1 }
            if step % 997 == 0 { now -= 30 }
            var number = proofs.count
            if step % 3 > 0 {
                number = Int.random(in: max(0, proofs.count - 200)...proofs.count, using: &random)
            }
            if number == proofs.count { proofs.append((now - Int64.random(in: 0..<10, using: &random), 0)) }
            let (floor, proof) = (shard.floor, proofs[number])
            // Only three bits of the name choose a chain.
            switch shard.insert((UInt64(number & 7), UInt64(number)), issuedAt: proof.issuedAt) {
            case .fresh:
                proofs[number].accepted += 1
                #expect(proofs[number].accepted == 1, "step \(step)")
            case .replayed: #expect(proof.accepted == 1, "step \(step)")
            case .forgotten: #expect(proof.issuedAt <= floor && step > 64, "step \(step)")
            }
        }
        #expect(shard.count == 64)
    }

    @Test func aFullShardRefusesWhatItHasForgotten() {
        var shard = ReplayShard(capacity: 8, floor: .min)
        for number in 0..<8 { #expect(shard.insert((0, UInt64(number)), issuedAt: 100 + Int64(number)) == .fresh) }
        #expect(shard.insert((0, 0), issuedAt: 100) == .replayed && shard.floor == .min)
        #expect(shard.insert((0, 8), issuedAt: 108) == .fresh && shard.floor == 100)
        #expect(shard.insert((0, 0), issuedAt: 100) == .forgotten)
        #expect(shard.insert((0, 99), issuedAt: 100) == .forgotten, "it might have been seen")
        #expect(shard.insert((0, 1), issuedAt: 101) == .replayed, "the oldest that is left")
        #expect(shard.insert((0, 99), issuedAt: 109) == .fresh && shard.floor == 101)
    }

    @Test func keysAndIdentifiersAreBothNames() {
        let window = ReplayWindow(capacity: 64)
        func insert(_ key: UInt8, _ id: String) -> ReplayWindow.Verdict {
            Array(id.utf8).withUnsafeBytes {
                window.insert(key: SHA256Digest(of: [key]), tokenID: $0, issuedAt: 1)
            }
        }
        #expect(insert(1, "a") == .fresh && insert(1, "b") == .fresh && insert(2, "a") == .fresh)
        #expect(insert(1, "a") == .replayed && insert(2, "a") == .replayed && insert(1, "") == .fresh)
        #expect(window.statistics.entries == 4 && window.statistics.floor == nil)
    }

    @Test func memoryIsFixed() {
        let window = ReplayWindow(capacity: 100)
        #expect(window.capacity == 128 && window.statistics.bytes == 128 * 40)
        for number in 0..<1000 {
            withUnsafeBytes(of: number) {
                _ = window.insert(
                    key: SHA256Digest(of: [UInt8(number % 200)]), tokenID: $0, issuedAt: 1 + Int64(number))
            }
        }
        #expect(window.statistics.entries <= 128 && window.statistics.floor != nil)
    }

    @Test func aRestartRefusesWhatItMayHaveSeen() {
        let proofs = Proofs()
        let window = ReplayWindow(capacity: 64, floor: Proofs.now)
        let verifier = ProofVerifier(replays: window, clock: .fixed(Proofs.now))
        #expect(proofs.reason(proofs.proof(), by: verifier) == "proof_too_old_for_window")
        #expect(proofs.reason(proofs.proof(claims: ["iat": "\(Proofs.now + 1)"]), by: verifier) == nil)
    }

    /// Each of many threads presents the same proofs; each proof passes once.
    @Test func oneThreadWins() async {
        let window = ReplayWindow(capacity: 1 << 12)
        let fresh = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<500).count { number in
                        withUnsafeBytes(of: number) {
                            window.insert(key: SHA256Digest(of: [UInt8(number % 8)]), tokenID: $0, issuedAt: 1)
                                == .fresh
                        }
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(fresh == 500)
    }
}
