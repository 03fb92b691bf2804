internal import FastVerify

/// How and how recently the user must have logged in (RFC 9470).
struct StepUp: Sendable {
    private let contexts: [String]
    private let maxAge: Int64?
    private let leeway: Int64

    /// Seconds; negative counts as 0.
    init(contexts: [String], maxAge: Int64?, leeway: Int64) {
        self.contexts = contexts
        self.maxAge = maxAge.map { max(0, $0) }
        self.leeway = max(0, leeway)
    }

    func check(_ claims: borrowing ClaimSet, now: Int64) throws(Refusal) {
        guard contexts.isEmpty || hasContext(claims) else {
            throw Refusal(.insufficientAuthentication(contexts: contexts, maxAge: maxAge), "authentication_context")
        }
        guard let maxAge else { return }
        guard let time = claims["auth_time"]?.numericDate, Self.isWithin(maxAge, leeway, since: time, now) else {
            throw Refusal(.insufficientAuthentication(contexts: contexts, maxAge: maxAge), "authentication_age")
        }
    }

    private func hasContext(_ claims: borrowing ClaimSet) -> Bool {
        guard let value = claims["acr"] else { return false }
        for context in contexts where value.equals(context) { return true }
        return false
    }

    /// A login in the future is none. Differences that do not fit are far away.
    private static func isWithin(_ maxAge: Int64, _ leeway: Int64, since time: Int64, _ now: Int64) -> Bool {
        let (age, overflow) = now.subtractingReportingOverflow(time)
        guard !overflow else { return false }
        let (limit, isLimitless) = maxAge.addingReportingOverflow(leeway)
        return age >= -leeway && (isLimitless || age <= limit)
    }
}
