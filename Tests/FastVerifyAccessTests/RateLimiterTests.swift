import FastVerify
import HTTPTypes
import Synchronization
import Testing

@testable import FastVerifyAccess

struct RateLimiterTests {
    private static let second: UInt64 = 1_000_000_000

    private final class Time: Sendable {
        private let time = Atomic<UInt64>(1_000 * second)
        var clock: RateLimiter.Clock { RateLimiter.Clock { self.time.load(ordering: .relaxed) } }
        func advance(_ seconds: Double) { time.add(UInt64(seconds * 1e9), ordering: .relaxed) }
    }

    private let time = Time()

    private func limiter(
        _ plans: [LimitPlan] = [], others: LimitPlan = LimitPlan("free", requests: 6),
        subjects: [RateLimiter.Subject] = [.subject],
        capacity: Int = 64
    ) -> RateLimiter {
        RateLimiter(plans: plans, others: others, subjects: subjects, capacity: capacity, clock: time.clock)
    }

    private func take(_ limiter: RateLimiter, _ claims: String, cost: Int = 1) throws -> LimitDecision {
        try withUnverifiedClaims(Array(claims.utf8)) { limiter.take($0, cost: cost) }
    }

    @Test func aBucketEmptiesAndFills() throws {
        let limiter = limiter()
        for left in [5, 4, 3, 2, 1, 0] as [Int64] {
            let decision = limiter.take(named: "a")
            #expect(decision.isAllowed && decision.remaining == left && decision.secondsUntilMore == 10)
            #expect(decision.retryAfter == nil)
        }
        let refused = limiter.take(named: "a")
        #expect(
            !refused.isAllowed && refused.remaining == 0 && refused.retryAfter == 10 && refused.secondsUntilMore == 10)
        #expect(throws: Refusal(.tooManyRequests(retryAfter: 10), "rate_limited")) { try refused.check() }
        time.advance(9.5)
        #expect(limiter.take(named: "a").retryAfter == 1, "rounded up")
        time.advance(0.5)
        #expect(limiter.take(named: "a").isAllowed && !limiter.take(named: "a").isAllowed)
        time.advance(1e6)
        #expect((0..<7).map { _ in limiter.take(named: "a").isAllowed } == [true, true, true, true, true, true, false])
    }

    @Test func costs() {
        let limiter = limiter()
        #expect(limiter.take(named: "a", cost: 4).remaining == 2)
        let refused = limiter.take(named: "a", cost: 3)
        #expect(!refused.isAllowed && refused.retryAfter == 10 && refused.remaining == 2, "nothing is taken")
        #expect(limiter.take(named: "a", cost: 2).isAllowed)
        let never = limiter.take(named: "b", cost: 7)
        #expect(!never.isAllowed && never.retryAfter == nil)
        #expect(throws: Refusal(.tooManyRequests(retryAfter: 60), "rate_limited")) { try never.check() }
        #expect(!limiter.take(named: "b", cost: .max).isAllowed && limiter.take(named: "b", cost: -5).remaining == 5)
    }

    @Test func plansOfClaims() throws {
        let limiter = limiter([LimitPlan("pro", requests: 600), LimitPlan("free", requests: 6)])
        func remaining(_ plan: String, _ subject: String = "a") throws -> Int64 {
            try take(limiter, #"{"iss":"i","sub":"\#(subject)"\#(plan)}"#).remaining
        }
        #expect(try remaining(#","plan":"pro""#) == 599)
        #expect(try remaining(#","plan":"free""#) == 5 && remaining("") == 4, "no plan is that of all others")
        #expect(try remaining(#","plan":"gold""#) == 3 && remaining(#","plan":["pro"]"#) == 2)
        #expect(try remaining(#","plan":"pro""#, "b") == 599)
        #expect(limiter.bucketsInUse == 3)
    }

    /// Names that look alike when they are put together, and names of different issuers.
    @Test func whoIsCountedTogether() throws {
        let limiter = limiter(subjects: [.tenant(), .subject])
        let claims = [
            #"{"iss":"i","tenant":"a","sub":"bc"}"#, #"{"iss":"i","tenant":"ab","sub":"c"}"#,
            #"{"iss":"j","tenant":"a","sub":"bc"}"#,
            #"{"iss":"i","sub":"bc"}"#, #"{"iss":"i","tenant":"","sub":"bc"}"#, #"{"iss":"i","tenant":"a"}"#,
            #"{"tenant":"a"}"#,
        ]
        for text in claims { #expect(try take(limiter, text).remaining == 5, "\(text)") }
        for text in claims { #expect(try take(limiter, text).remaining == 4) }
        #expect(limiter.take(named: "i").remaining == 5, "a name of the caller's is no claim")
        let byClient = self.limiter(subjects: [.client])
        #expect(try take(byClient, #"{"client_id":"a","sub":"b"}"#).remaining == 5)
        #expect(try take(byClient, #"{"azp":"a","sub":"c"}"#).remaining == 4)
        let byClaim = self.limiter(subjects: [.claim(["org", "id"])])
        #expect(
            try take(byClaim, #"{"org":{"id":"a"}}"#).remaining == 5
                && take(byClaim, #"{"org":{"id":"b"}}"#).remaining == 5)
        #expect(
            try take(byClaim, #"{"sub":"a"}"#).remaining == 5 && take(byClaim, #"{"sub":"b"}"#).remaining == 4, "shared"
        )
    }

    /// However buckets are displaced, nobody gets more than by a table without bounds.
    @Test func nobodyGetsMoreThanTheirShare() {
        let plan = LimitPlan("a", requests: 10, window: 1, burst: 4)
        let table = LimitTable(capacity: 16)
        var exact: [UInt64: UInt64] = [:]
        var random = SystemRandomNumberGenerator()
        var (now, allowed, refusedInVain) = (Self.second, 0, 0)
        for _ in 0..<20_000 {
            now += UInt64.random(in: 0..<20_000_000, using: &random)
            let name = UInt64.random(in: 1...100, using: &random)
            let cost = UInt64.random(in: 1...2, using: &random)
            let fullAt = max(now, exact[name] ?? 0) + cost * plan.interval
            let outcome = table.take((name, name), cost: cost, plan: plan, now: now)
            if outcome.isAllowed {
                #expect(fullAt - now <= plan.depth, "more than the exact bucket holds")
                exact[name] = fullAt
                allowed += 1
            } else if fullAt - now <= plan.depth {
                refusedInVain += 1
            }
        }
        #expect(allowed > 1000 && refusedInVain > 0, "the table was too small, and still of use")
    }

    /// A crowd of names takes no bucket away, and memory stays what it was.
    @Test func aCrowdResetsNobody() {
        let limiter = limiter(capacity: 16)
        for _ in 0..<6 { #expect(limiter.take(named: "victim").isAllowed) }
        for number in 0..<5000 { _ = limiter.take(named: "crowd-\(number)") }
        #expect(!limiter.take(named: "victim").isAllowed)
        #expect(limiter.bucketsInUse <= 16)
        time.advance(60)
        #expect(limiter.bucketsInUse == 0 && limiter.take(named: "victim").remaining == 5)
        // Another plan has places of its own.
        let two = self.limiter([LimitPlan("pro", requests: 6)], capacity: 16)
        for number in 0..<5000 { _ = two.take(named: "crowd-\(number)") }
        #expect(two.take(named: "a", plan: "pro").remaining == 5)
    }

    @Test func fields() {
        let limiter = limiter(others: LimitPlan("a \"b\"\\\n\u{e9}", requests: 100, window: 10, burst: 3))
        let decision = limiter.take(named: "a")
        #expect(decision.fields[HTTPField.Name("RateLimit-Policy")!] == #""a \"b\"\\";q=100;w=10"#)
        #expect(decision.fields[HTTPField.Name("RateLimit")!] == #""a \"b\"\\";r=2;t=1"#)
    }

    @Test func extremes() {
        for plan in [
            LimitPlan("a", requests: .max, window: .max, burst: .max), LimitPlan("a", requests: 0, window: 0, burst: 0),
            LimitPlan("a", requests: 1, window: .max, burst: .max), LimitPlan("a", requests: .max, window: 1),
        ] {
            let limiter = RateLimiter(others: plan, capacity: 8, clock: RateLimiter.Clock { .max / 2 })
            let decision = limiter.take(named: "a")
            #expect(decision.isAllowed && decision.remaining >= 0)
            #expect(!limiter.take(named: "a", cost: .max).isAllowed)
        }
        let late = RateLimiter(others: LimitPlan("a", requests: 1), capacity: 8, clock: RateLimiter.Clock { .max })
        #expect(!late.take(named: "a").isAllowed, "the end of time: closed")
    }

    @Test func threadsShareABucket() async {
        let limiter = limiter(others: LimitPlan("a", requests: 100, window: 1000))
        let allowed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 { group.addTask { (0..<50).count { _ in limiter.take(named: "a").isAllowed } } }
            return await group.reduce(0, +)
        }
        #expect(allowed == 100)
    }
}
