/// When to fetch: a value that knows the time only from its arguments, and neither network nor keys.
///
/// What always holds, whatever is called when (`RefreshScheduleTests` tries at random): at most one fetch runs; two begin at
/// least `coolDown` apart, but for those that the operator demands; keys are in force no longer than the lifetime and the
/// stale limit after the last good answer; while nothing happens a next step is planned.
struct RefreshSchedule: Sendable, Hashable {
    /// Why a fetch begins.
    enum Cause: String, Sendable { case start, due, retry, unknownKey = "unknown_key", demand }

    enum Step: Sendable, Hashable {
        case fetch(Cause)
        /// The keys have outlived the stale limit: none may stay in force.
        case drop
        /// Nothing to do before this time or the next event; `nil`: before the next event.
        case wait(until: Duration?)
    }

    let policy: RefreshPolicy
    private(set) var isFetching = false
    /// The next fetch of the schedule's own accord.
    private(set) var due: Duration
    /// Before this no fetch begins, whatever asks for it.
    private(set) var earliest: Duration
    /// When the keys in force fall; `nil` without keys.
    private(set) var validUntil: Duration?
    /// Since the last good answer.
    private(set) var failures = 0
    private var hasBegun = false
    private var demands = false

    init(_ policy: RefreshPolicy, now: Duration) {
        self.policy = policy.consistent
        due = now
        earliest = now
    }

    /// Whether the keys may be used.
    func isValid(at now: Duration) -> Bool { validUntil.map { now < $0 } ?? false }

    /// What to do now. `.fetch` has begun when this returns, `.drop` is done with.
    ///
    /// `isWanted`: a token named a key that the set does not have.
    mutating func step(now: Duration, isWanted: Bool) -> Step {
        if let limit = validUntil, now >= limit {
            validUntil = nil
            return .drop
        }
        guard !isFetching else { return .wait(until: validUntil) }
        if demands { return begin(.demand, now) }
        let next = max(isWanted ? min(due, earliest) : due, earliest)
        guard now >= next else { return .wait(until: validUntil.map { min($0, next) } ?? next) }
        if now < due { return begin(.unknownKey, now) }
        return begin(!hasBegun ? .start : failures > 0 ? .retry : .due, now)
    }

    private mutating func begin(_ cause: Cause, _ now: Duration) -> Step {
        isFetching = true
        hasBegun = true
        demands = false
        earliest = max(earliest, now + policy.coolDown)
        return .fetch(cause)
    }

    /// The operator wants news now: a fetch in spite of the cool-down, after the one that is running.
    mutating func demand() { demands = true }

    /// A good answer. `draw` from 0 to 1 spreads the refreshes of many processes over the last quarter of the lifetime.
    mutating func succeeded(now: Duration, lifetime: Duration, draw: Double) {
        isFetching = false
        failures = 0
        validUntil = now + lifetime + policy.staleLimit
        due = max(earliest, now + lifetime * (0.75 + 0.15 * Self.unit(draw)))
    }

    /// No answer, or one that is of no use: the keys stay until the stale limit. Pauses double up to the longest.
    mutating func failed(now: Duration, retryAfter: Duration?, draw: Double) {
        isFetching = false
        failures = min(failures + 1, 1_000)
        if let retryAfter { earliest = max(earliest, now + min(max(.zero, retryAfter), policy.maximumBackoff)) }
        var pause = policy.coolDown
        for _ in 1..<failures where pause < policy.maximumBackoff { pause = min(pause * 2, policy.maximumBackoff) }
        due = max(earliest, now + pause * (1 + 0.25 * Self.unit(draw)))
    }

    /// Keys from elsewhere that have this long to live. They change nothing about the first fetch.
    mutating func restored(now: Duration, remaining: Duration) {
        guard !hasBegun, remaining > .zero else { return }
        validUntil = now + min(remaining, policy.maximumLifetime + policy.staleLimit)
    }

    private static func unit(_ draw: Double) -> Double { draw >= 0 && draw <= 1 ? draw : 1 }
}
