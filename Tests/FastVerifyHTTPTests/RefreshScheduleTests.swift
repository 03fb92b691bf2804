// When to fetch, without network, keys or clock.
import Testing

@testable import FastVerifyHTTP

@Suite struct RefreshScheduleTests {
    static let policy = RefreshPolicy(
        coolDown: .seconds(10), defaultLifetime: .seconds(600), minimumLifetime: .seconds(60),
        maximumLifetime: .seconds(3600), staleLimit: .seconds(1000), maximumBackoff: .seconds(80))

    private var schedule = RefreshSchedule(policy, now: .zero)

    private mutating func begin(_ cause: RefreshSchedule.Cause, at seconds: Int, isWanted: Bool = false) {
        #expect(schedule.step(now: .seconds(seconds), isWanted: isWanted) == .fetch(cause))
    }

    @Test mutating func firstFetchIsAtOnce() {
        #expect(!schedule.isValid(at: .zero))
        begin(.start, at: 0)
        #expect(schedule.step(now: .seconds(1), isWanted: true) == .wait(until: nil))
    }

    @Test(arguments: [(0.0, 450), (1.0, 540)])
    func refreshesAheadOfExpiry(_ draw: Double, _ expected: Int) {
        var schedule = schedule
        _ = schedule.step(now: .zero, isWanted: false)
        schedule.succeeded(now: .seconds(1), lifetime: .seconds(600), draw: draw)
        #expect(schedule.step(now: .seconds(2), isWanted: false) == .wait(until: .seconds(expected + 1)))
        #expect(schedule.step(now: .seconds(expected), isWanted: false) == .wait(until: .seconds(expected + 1)))
        #expect(schedule.step(now: .seconds(expected + 1), isWanted: false) == .fetch(.due))
    }

    @Test mutating func unknownKeyWaitsForTheCoolDown() {
        begin(.start, at: 0)
        schedule.succeeded(now: .seconds(1), lifetime: .seconds(600), draw: 0)
        #expect(schedule.step(now: .seconds(2), isWanted: true) == .wait(until: .seconds(10)))
        begin(.unknownKey, at: 10, isWanted: true)
        schedule.succeeded(now: .seconds(11), lifetime: .seconds(600), draw: 0)
        begin(.unknownKey, at: 300, isWanted: true)
    }

    /// The cool-down counts from failures, too; a longer pause of the back-off does not keep a new key waiting.
    @Test mutating func unknownKeyAfterFailures() {
        begin(.start, at: 0)
        schedule.failed(now: .seconds(1), retryAfter: nil, draw: 0)
        #expect(schedule.step(now: .seconds(2), isWanted: true) == .wait(until: .seconds(10)))
        begin(.unknownKey, at: 10, isWanted: true)
        schedule.failed(now: .seconds(10), retryAfter: nil, draw: 0)
        #expect(schedule.step(now: .seconds(11), isWanted: false) == .wait(until: .seconds(30)))
        begin(.unknownKey, at: 20, isWanted: true)
    }

    @Test mutating func pausesDoubleUpToTheLongest() {
        var now = 0
        for pause in [10, 20, 40, 80, 80, 80] {
            begin(now == 0 ? .start : .retry, at: now)
            schedule.failed(now: .seconds(now), retryAfter: nil, draw: 0)
            #expect(schedule.step(now: .seconds(now), isWanted: false) == .wait(until: .seconds(now + pause)))
            now += pause
        }
        for _ in 0..<2000 { schedule.failed(now: .seconds(now), retryAfter: nil, draw: 1) }
        #expect(schedule.due == .seconds(now + 100))
    }

    /// `Retry-After` binds unknown keys as well, but no longer than the longest pause.
    @Test mutating func retryAfter() {
        begin(.start, at: 0)
        schedule.failed(now: .zero, retryAfter: .seconds(50), draw: 0)
        #expect(schedule.step(now: .seconds(49), isWanted: true) == .wait(until: .seconds(50)))
        begin(.retry, at: 50, isWanted: true)
        schedule.failed(now: .seconds(50), retryAfter: .seconds(1 << 31), draw: 0)
        begin(.retry, at: 130)
        schedule.failed(now: .seconds(130), retryAfter: .seconds(-5), draw: 0)
        #expect(schedule.earliest == .seconds(140))
    }

    @Test mutating func keysFallAfterTheStaleLimit() {
        begin(.start, at: 0)
        schedule.succeeded(now: .zero, lifetime: .seconds(60), draw: 0)
        begin(.due, at: 45)
        #expect(schedule.step(now: .seconds(46), isWanted: false) == .wait(until: .seconds(1060)))
        #expect(schedule.isValid(at: .seconds(1059)))
        #expect(!schedule.isValid(at: .seconds(1060)))
        // Even while a fetch is running.
        #expect(schedule.step(now: .seconds(1060), isWanted: false) == .drop)
        #expect(schedule.step(now: .seconds(1060), isWanted: false) == .wait(until: nil))
        schedule.succeeded(now: .seconds(1061), lifetime: .seconds(60), draw: 0)
        #expect(schedule.isValid(at: .seconds(1062)))
    }

    @Test mutating func demandIgnoresTheCoolDown() {
        begin(.start, at: 0)
        schedule.demand()
        #expect(schedule.step(now: .seconds(1), isWanted: false) == .wait(until: nil))
        schedule.succeeded(now: .seconds(1), lifetime: .seconds(60), draw: 0)
        begin(.demand, at: 1)
        schedule.succeeded(now: .seconds(1), lifetime: .seconds(60), draw: 0)
        #expect(schedule.step(now: .seconds(5), isWanted: true) == .wait(until: .seconds(11)))
    }

    @Test mutating func snapshotGivesTimeButNoReprieve() {
        schedule.restored(now: .zero, remaining: .seconds(100))
        #expect(schedule.isValid(at: .seconds(99)) && !schedule.isValid(at: .seconds(100)))
        begin(.start, at: 0)
        schedule.failed(now: .seconds(1), retryAfter: nil, draw: 0)
        #expect(schedule.step(now: .seconds(100), isWanted: false) == .drop)
        // Too late to restore anything.
        schedule.restored(now: .seconds(101), remaining: .seconds(100))
        #expect(!schedule.isValid(at: .seconds(101)))
    }

    @Test func contradictoryPolicies() {
        let odd = RefreshPolicy(
            coolDown: .seconds(-1), defaultLifetime: .zero, minimumLifetime: .seconds(100),
            maximumLifetime: .seconds(5),
            staleLimit: .seconds(Int64.max), maximumBackoff: .zero, unknownKeyLifetime: .zero
        ).consistent
        #expect(
            odd.coolDown == .seconds(1) && odd.maximumBackoff == .seconds(1) && odd.unknownKeyLifetime == .seconds(1))
        #expect(odd.lifetime(nil) == .seconds(100) && odd.lifetime(.seconds(Int64.max)) == .seconds(100))
        var schedule = RefreshSchedule(odd, now: .zero)
        _ = schedule.step(now: .zero, isWanted: false)
        schedule.succeeded(now: .zero, lifetime: .seconds(100), draw: .nan)
        #expect(schedule.isValid(at: .seconds(1 << 31)))
    }

    /// Anything at any time: what the type promises holds.
    @Test(arguments: 0..<200) func promises(_ seed: UInt64) {
        var random = SeededGenerator(seed)
        let policy = RefreshPolicy(
            coolDown: .seconds(Int.random(in: 1...60, using: &random)),
            minimumLifetime: .seconds(Int.random(in: 0...100, using: &random)),
            maximumLifetime: .seconds(Int.random(in: 0...1000, using: &random)),
            staleLimit: .seconds(Int.random(in: 0...2000, using: &random)),
            maximumBackoff: .seconds(Int.random(in: 0...500, using: &random))
        ).consistent
        var schedule = RefreshSchedule(policy, now: .zero)
        var now = Duration.zero
        var lastBegin: Duration?
        var isRunning = false
        var good: Duration?  // when keys must fall
        for _ in 0..<2000 {
            now += .milliseconds(Int.random(in: 0...40_000, using: &random))
            if isRunning, Bool.random(using: &random) {
                isRunning = false
                if Bool.random(using: &random) {
                    let lifetime = policy.lifetime(.seconds(Int.random(in: 0...5000, using: &random)))
                    schedule.succeeded(now: now, lifetime: lifetime, draw: .random(in: 0...1, using: &random))
                    good = now + lifetime + policy.staleLimit
                } else {
                    let pause = Int.random(in: 0...1000, using: &random)
                    schedule.failed(
                        now: now, retryAfter: Bool.random(using: &random) ? .seconds(pause) : nil,
                        draw: .random(in: 0...1, using: &random))
                }
            }
            switch schedule.step(now: now, isWanted: Bool.random(using: &random)) {
            case .fetch:
                #expect(!isRunning)
                if let lastBegin { #expect(now - lastBegin >= policy.coolDown) }
                lastBegin = now
                isRunning = true
            case .drop:
                #expect(good.map { now >= $0 } ?? false)
                good = nil
            case .wait(let time):
                if let time { #expect(time > now) } else { #expect(isRunning) }
                if let time, let good { #expect(time <= good) }
            }
            #expect(schedule.isFetching == isRunning)
            if schedule.isValid(at: now) { #expect(good.map { now < $0 } ?? false) }
        }
    }
}

/// SplitMix64, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
