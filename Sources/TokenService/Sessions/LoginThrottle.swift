internal import FastVerifyAccess

/// Slows down whoever guesses passwords, names that do not exist like those that do. Memory is fixed; each instance counts by itself.
struct LoginThrottle: Sendable {
    private let byAddress: RateLimiter
    private let byPair: RateLimiter
    private let byName: RateLimiter
    private let notes: RateLimiter

    init(_ limits: IssuerRules.LoginLimits) {
        byAddress = RateLimiter(others: LimitPlan("address", requests: limits.perAddress))
        byPair = RateLimiter(others: LimitPlan("login", requests: limits.perNameAndAddress))
        byName = RateLimiter(others: LimitPlan("name", requests: limits.perName, window: 900))
        notes = RateLimiter(others: LimitPlan("notes", requests: limits.perAddress))
    }

    /// Whether one more client that was refused may go into the audit log; a flood of them must not fill it.
    func mayNote(address: String) -> Bool { notes.take(named: address).isAllowed }

    func check(name: String, address: String) throws(IssuerRefusal) {
        // One after the other, so that an address that is stopped cannot use up the logins of a name.
        for decision in [
            { byAddress.take(named: address) }, { byPair.take(named: "\(address.utf8.count) \(address)\(name)") },
            { byName.take(named: name) },
        ] {
            let decision = decision()
            guard !decision.isAllowed else { continue }
            throw IssuerRefusal(.tooManyRequests(retryAfter: decision.retryAfter ?? 60), "login_throttled")
        }
    }
}
