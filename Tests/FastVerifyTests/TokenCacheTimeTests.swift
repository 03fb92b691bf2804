// A cached token's times are right when an uncached one's are, whatever the clock does.
import Testing

@testable import FastVerify

@Suite struct TokenCacheTimeTests {
    private let edges: [Int64] = [
        0, 1, 59, 60, 61, Fixture.now - 1, Fixture.now, Fixture.now + 1, .max - 61, .max - 1, .max,
    ]

    /// Any of the times, or none.
    private func claims(_ random: inout some RandomNumberGenerator) -> String {
        var members = [("iss", "\"\(Fixture.issuer)\""), ("aud", "\"\(Fixture.audience)\"")]
        for name in ["exp", "nbf", "iat"] where Int.random(in: 0..<3, using: &random) > 0 {
            members.append((name, "\(edges.randomElement(using: &random)!)"))
        }
        return "{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    }

    @Test func intervalsAreThoseOfTheChecks() {
        let wall = AdjustableClock(0)
        var random = SystemRandomNumberGenerator()
        var hits = 0
        for _ in 0..<400 {
            var policy = Fixture.policy()
            policy.leeway = [0, 60, .max].randomElement(using: &random)!
            policy.maximumAge = [nil, 60, .max].randomElement(using: &random)!
            policy.requiresExpiration = Bool.random(using: &random)
            let cache = TokenCache(bytes: 0, timeToLive: .max, clock: ElapsedClock { 0 })
            let keys = KeySource(Fixture.keySet)
            let cached = Verifier(policy, keys: keys, clock: wall.unix, cache: cache)
            let bare = Verifier(policy, keys: keys, clock: wall.unix)
            let claims = claims(&random)
            let token = Fixture.token(payload: claims, .hs256)
            for now in edges.shuffled(using: &random) {
                wall.now = now
                let (seen, right) = (Fixture.error(token, cached), Fixture.error(token, bare))
                #expect(seen == right, "\(claims) at \(now) under \(policy)")
            }
            hits += Int(cache.statistics.hits)
        }
        #expect(hits > 400)
    }
}
