public import FastVerify

/// Limits how often somebody may call, by a plan that the token names.
///
///     let limiter = RateLimiter(
///         plans: [LimitPlan("free", requests: 60), LimitPlan("pro", requests: 6000)], others: LimitPlan("free", requests: 60))
///     let decision = limiter.take(token.claims)
///     response.headerFields.append(contentsOf: decision.fields)
///     try decision.check()
///
/// Each plan has buckets of its own, in memory that is fixed when the limiter is made: a crowd on one plan does not touch those
/// of another. Time is that of a clock that nobody sets. Safe to share between threads; a call costs two digests, a lock that is
/// hardly ever taken, and a look at eight buckets.
public final class RateLimiter: Sendable {
    /// Whose requests are counted together. Names of one issuer say nothing about those of another.
    public enum Subject: Sendable, Hashable {
        /// `sub`.
        case subject
        /// The claim that `ClaimNames` or the issuer's documentation says.
        case tenant(at: [String] = ["tenant"])
        /// `client_id`, else `azp`.
        case client
        /// Any other claim that is a string.
        case claim([String])
    }

    /// Nanoseconds since some moment, never back.
    public struct Clock: Sendable {
        private let read: @Sendable () -> UInt64

        public init(_ read: @escaping @Sendable () -> UInt64) { self.read = read }

        public var now: UInt64 { read() }

        /// The system's, which counts the time that the machine slept.
        public static let system = Clock { MonotonicClock.now }
    }

    private struct Entry: Sendable {
        let plan: LimitPlan
        let table: LimitTable
    }

    private let entries: [String: Entry]
    private let others: Entry
    private let planClaim: [String]
    private let subjects: [Subject]
    private let clock: Clock
    /// 32 secret bytes before everything that is digested, so that nobody can choose whose place a name takes.
    private let secret: SHA256Digest

    /// - Parameters:
    ///   - plans: By their names; the first of a name counts.
    ///   - others: For tokens that name no plan, or one that is not known.
    ///   - planClaim: Where the plan's name stands.
    ///   - subjects: The claims by which requests are counted, together: `[.tenant(), .subject]` counts each subject of each
    ///     tenant. Tokens of an issuer that have none of them share a bucket.
    ///   - capacity: Buckets in use at once that each plan has room for; 24 bytes each.
    public convenience init(
        plans: [LimitPlan] = [], others: LimitPlan, planClaim: [String] = ["plan"], subjects: [Subject] = [.subject],
        capacity: Int = 1 << 16, clock: Clock = .system
    ) {
        var random = SystemRandomNumberGenerator()
        let secret = SHA256Digest(bytes: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })!
        self.init(plans, others, planClaim, subjects, capacity, clock, secret)
    }

    init(
        _ plans: [LimitPlan], _ others: LimitPlan, _ planClaim: [String], _ subjects: [Subject], _ capacity: Int,
        _ clock: Clock, _ secret: SHA256Digest
    ) {
        let known = plans.map { ($0.name, Entry(plan: $0, table: LimitTable(capacity: capacity))) }
        entries = Dictionary(known) { first, _ in first }
        // The plan of all others may be one of those with a name, and then is that one.
        self.others =
            entries[others.name].flatMap { $0.plan == others ? $0 : nil }
            ?? Entry(plan: others, table: LimitTable(capacity: capacity))
        self.planClaim = planClaim
        self.subjects = subjects
        self.clock = clock
        self.secret = secret
    }

    /// Takes a request of whoever a verified token speaks of. `cost` is how many requests this one counts for.
    public func take(_ claims: borrowing ClaimSet, cost: Int = 1) -> LimitDecision {
        var name: [UInt8] = []
        Self.append(claims.issuer, to: &name)
        for subject in subjects {
            switch subject {
            case .subject: Self.append(claims.subject, to: &name)
            case .client: Self.append(claims.clientID ?? claims["azp"]?.string, to: &name)
            case .tenant(let path), .claim(let path): Self.append(claims[path: path]?.string, to: &name)
            }
        }
        return take(name, kind: 0, plan: claims[path: planClaim]?.string, cost)
    }

    /// Takes a request of somebody who has no token, by a name of the caller's choice: an address, say.
    public func take(named name: String, plan: String? = nil, cost: Int = 1) -> LimitDecision {
        take(Array(name.utf8), kind: 1, plan: plan, cost)
    }

    /// What `take` would say, without taking: for somebody whose requests only count when they fail. Callers at the same time
    /// may all be told yes.
    public func look(named name: String, plan: String? = nil) -> LimitDecision {
        take(Array(name.utf8), kind: 1, plan: plan, 1, isLook: true)
    }

    private func take(
        _ name: [UInt8], kind: UInt8, plan: String?, _ cost: Int, isLook: Bool = false
    ) -> LimitDecision {
        let entry = plan.flatMap { entries[$0] } ?? others
        let digest = SHA256Digest(of: secret.bytes + [kind] + name)
        let words = digest.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64).self) }
        let now = clock.now
        let outcome = entry.table.take(
            (words.0, words.1), cost: UInt64(max(1, cost)), plan: entry.plan, now: now, isLook: isLook)
        return LimitDecision(outcome, cost: UInt64(max(1, cost)), plan: entry.plan, now: now)
    }

    /// A name with its length before it, so that two names never look like two others.
    private static func append(_ text: String?, to name: inout [UInt8]) {
        let bytes = text.map { Array($0.utf8) }
        withUnsafeBytes(of: Int64(bytes?.count ?? -1).littleEndian) { name += $0 }
        name += bytes ?? []
    }

    /// Buckets in use now, of all plans; looks at each.
    public var bucketsInUse: Int {
        let now = clock.now
        let named = entries.values.reduce(0) { $0 + $1.table.count(at: now) }
        return entries.values.contains { $0.table === others.table } ? named : named + others.table.count(at: now)
    }
}
