public import HTTPTypes

/// Whether a request may go on, and what its client is told about its bucket.
public struct LimitDecision: Sendable, Hashable {
    public let isAllowed: Bool
    public let plan: LimitPlan
    /// Requests that are in the bucket now.
    public let remaining: Int64
    /// Seconds until one more than `remaining` is in the bucket, rounded up; `nil` for a full one.
    public let secondsUntilMore: Int64?
    /// Seconds until a request of this cost can pass, rounded up and at least 1; `nil` for one that is allowed, and for one that
    /// costs more than the bucket holds.
    public let retryAfter: Int64?

    init(_ outcome: LimitTable.Outcome, cost: UInt64, plan: LimitPlan, now: UInt64) {
        isAllowed = outcome.isAllowed
        self.plan = plan
        let debt = outcome.fullAt - min(now, outcome.fullAt)
        let whole = (plan.depth - min(debt, plan.depth)) / plan.interval
        remaining = Int64(whole)
        // A newcomer among full places may owe more than its bucket holds.
        let owed = plan.depth - min(plan.depth, (whole + 1) * plan.interval)
        secondsUntilMore = debt == 0 ? nil : max(1, Self.seconds(debt - min(debt, owed)))
        let (time, overflow) = plan.interval.multipliedReportingOverflow(by: cost)
        if outcome.isAllowed || overflow || time > plan.depth {
            retryAfter = nil
        } else {
            // Refused, so debt + time > depth.
            retryAfter = max(1, Self.seconds(debt - (plan.depth - time)))
        }
    }

    private static func seconds(_ nanoseconds: UInt64) -> Int64 {
        Int64(nanoseconds / 1_000_000_000) + (nanoseconds % 1_000_000_000 > 0 ? 1 : 0)
    }

    /// Throws `tooManyRequests` for a request that may not go on: 429 with `Retry-After` (RFC 6585 §4).
    public func check(_ reason: StaticReason = "rate_limited") throws(Refusal) {
        if !isAllowed { throw Refusal(.tooManyRequests(retryAfter: retryAfter ?? Int64(plan.window)), reason) }
    }

    /// `RateLimit-Policy` and `RateLimit` for the answer, allowed or not (draft-ietf-httpapi-ratelimit-headers-10 §3, §4): the
    /// quota `q` in a window of `w` seconds; `r` requests that are left now, and `t` seconds until there are more, which
    /// `Retry-After` never falls short of (§6). To be appended: an answer may have those of several limits.
    public var fields: HTTPFields {
        // A structured-field string (RFC 8941 §3.3.3).
        let name = "\"" + plan.name.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\""
        var fields = HTTPFields()
        fields[HTTPField.Name("RateLimit-Policy")!] = "\(name);q=\(plan.requests);w=\(plan.window)"
        fields[HTTPField.Name("RateLimit")!] =
            "\(name);r=\(remaining)" + (secondsUntilMore.map { ";t=\($0)" } ?? "")
        return fields
    }
}
