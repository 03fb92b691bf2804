// A cache stays within its memory, keeps what is used, and serves many threads.
import Foundation
import Synchronization
import Testing

@testable import FastVerify

@Suite struct TokenCacheSpaceTests {
    private func verifier(_ cache: TokenCache) -> Verifier {
        Verifier(Fixture.policy(), keys: KeySource(Fixture.keySet), clock: .fixed(Fixture.now), cache: cache)
    }

    private func tokens(_ range: Range<Int>) -> [String] {
        range.map { Fixture.token(payload: Fixture.claims("sub", "\"user-\($0)\""), .hs256) }
    }

    @Test func bounded() {
        for budget in [1 << 20, 3 << 19] {
            let cache = TokenCache(bytes: budget)
            let verifier = verifier(cache)
            var batch = VerificationBatch()
            for start in stride(from: 0, to: 4000, by: 200) {
                let some = tokens(start..<start + 200)
                for _ in 0..<2 {
                    verifier.verify(batch: some, into: &batch)
                    #expect(batch.validCount == 200 && cache.statistics.bytes <= budget)
                }
            }
            let statistics = cache.statistics
            #expect(statistics.hits + statistics.misses == 8000)
            #expect(statistics.insertions + statistics.turnedAway == statistics.misses)
            #expect(statistics.entries + Int(statistics.evictions) == Int(statistics.insertions))
            #expect(statistics.evictions > 0 && statistics.turnedAway > 0 && statistics.bytes > budget * 9 / 10)
            cache.removeAll()
            #expect(cache.statistics.entries == 0 && cache.statistics.bytes < budget / 20)
        }
    }

    /// A full cache takes nothing in at first sight, and takes what comes a second time.
    @Test func secondSight() {
        let cache = TokenCache(bytes: 1 << 20)
        let verifier = verifier(cache)
        var batch = VerificationBatch()
        // All as long as each other, so that one makes room for one.
        verifier.verify(batch: tokens(1000..<5000), into: &batch)
        let full = cache.statistics
        #expect(full.evictions == 0 && full.turnedAway == 4000 - full.insertions && full.turnedAway > 1000)
        for token in tokens(5000..<5010) {
            let before = cache.statistics
            for _ in 0..<3 { #expect(Fixture.error(token, verifier) == nil) }
            let after = cache.statistics
            #expect(after.turnedAway == before.turnedAway + 1 && after.insertions == before.insertions + 1)
            #expect(after.hits == before.hits + 1 && after.evictions > before.evictions)
        }
    }

    /// What is asked for again survives a flood of tokens that are not.
    @Test func keepsWhatIsUsed() {
        let cache = TokenCache(bytes: 1 << 20)
        let verifier = verifier(cache)
        let hot = tokens(0..<50)
        var batch = VerificationBatch()
        // The others come once until it is full, then twice, which gives them a place; never a third time.
        for round in 0..<20 {
            verifier.verify(batch: hot, into: &batch)
            let others = tokens(1000 + round * 300..<1300 + round * 300)
            for _ in 0..<(round < 8 ? 1 : 2) { verifier.verify(batch: others, into: &batch) }
        }
        // All but the first round of the hot ones, and none of the others.
        #expect(cache.statistics.hits == 19 * 50)
        #expect(cache.statistics.evictions > 1500)
    }

    /// One place for all: chains, order and hand stay whole whatever goes in and out.
    @Test func evictionOfCollidingTokens() {
        let cache = TokenCache(bytes: 1 << 20, timeToLive: 300, clock: .system, hashMask: 0)
        let verifier = verifier(cache)
        var random = SystemRandomNumberGenerator()
        var batch = VerificationBatch()
        let all = tokens(0..<1200)
        for _ in 0..<30 {
            let picks = (0..<100).map { _ in Int.random(in: 0..<1200, using: &random) }
            verifier.verify(batch: picks.map { all[$0] }, into: &batch)
            for (position, pick) in picks.enumerated() {
                #expect(batch.claims(at: position)?.subject == "user-\(pick)")
            }
        }
        #expect(cache.statistics.evictions > 0 && cache.statistics.bytes <= 1 << 20)
    }

    @Test func largeTokensAreNotKept() {
        let cache = TokenCache(bytes: 64 << 20)
        let verifier = verifier(cache)
        let claims = Fixture.claims("x", "\"\(String(repeating: "a", count: 7000))\"")
        let token = Fixture.token(payload: claims, .hs256)
        for _ in 0..<2 { #expect(Fixture.error(token, verifier) == nil) }
        #expect(cache.statistics.entries == 0 && cache.statistics.hits == 0)
        let fits = Fixture.token(payload: Fixture.claims("x", "\"\(String(repeating: "a", count: 5500))\""), .hs256)
        for _ in 0..<2 { #expect(Fixture.error(fits, verifier) == nil) }
        #expect(cache.statistics.entries == 1 && cache.statistics.hits == 1)
    }

    /// Strings over the limit are not copied, so not one of their bytes may be read.
    @Test func limitOfTheVerifier() {
        let cache = TokenCache(bytes: 1 << 20)
        let verifier = Verifier(
            Fixture.policy(), keys: KeySource(Fixture.keySet), limits: .init(tokenBytes: 100), clock: .fixed(0),
            cache: cache)
        var batch = VerificationBatch()
        let tokens = tokens(0..<10)
        verifier.verify(batch: tokens, into: &batch)
        verifier.verify(batch: tokens.map { Array($0.utf8) }, into: &batch)
        #expect(tokens.indices.allSatisfy { batch.error(at: $0) == .tokenTooLarge })
        #expect(cache.statistics.misses == 0)
    }

    @Test func manyThreads() async {
        let cache = TokenCache(bytes: 1 << 20)
        let verifier = verifier(cache)
        let all = tokens(0..<4000)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var random = SystemRandomNumberGenerator()
                    var batch = VerificationBatch()
                    for round in 0..<40 {
                        let picks = (0..<60).map { _ in
                            // Some are asked for far more often than others.
                            max(Int.random(in: 0..<4000, using: &random), Int.random(in: 0..<4000, using: &random))
                        }
                        verifier.verify(batch: picks.map { all[$0] }, into: &batch)
                        for (position, pick) in picks.enumerated()
                        where batch.claims(at: position)?.subject != "user-\(pick)" { return false }
                        guard (try? verifier.verify(all[picks[0]]))?.subject == "user-\(picks[0])" else { return false }
                        if round == 20 { cache.removeAll() }
                        if cache.statistics.bytes > 1 << 20 { return false }
                    }
                    return true
                }
            }
            for await fine in group { #expect(fine) }
        }
        #expect(cache.statistics.hits > 0 && cache.statistics.evictions > 0)
    }
}
