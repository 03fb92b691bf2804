/// When a remote key set is fetched, and how long its keys may be used without news of it.
///
/// What the server says (`Cache-Control: max-age`) counts within these bounds. Values below zero, and combinations that
/// contradict each other, are drawn to the nearest that make sense; no setting makes fetches come faster than `coolDown`.
public struct RefreshPolicy: Sendable, Hashable {
    /// Between the beginnings of two fetches, whatever asks for them: a due refresh, a retry, an unknown `kid`.
    /// At least one second.
    public var coolDown: Duration
    /// How long a set counts as fresh where the server does not say.
    public var defaultLifetime: Duration
    /// Bounds on what the server says. The upper one is how long a key that the issuer has withdrawn can go on verifying
    /// while the server answers. `no-store` and `no-cache` give the lower one.
    public var minimumLifetime, maximumLifetime: Duration
    /// How long a set that is no longer fresh stays in force while the server does not answer, or not with a usable set.
    /// After it no key is left and every token is refused: fail closed.
    public var staleLimit: Duration
    /// The longest pause between retries, and the longest `Retry-After` that is heeded.
    public var maximumBackoff: Duration
    /// How long a `kid` that a fetch was asked for is not asked for again.
    public var unknownKeyLifetime: Duration

    public init(
        coolDown: Duration = .seconds(10), defaultLifetime: Duration = .seconds(600),
        minimumLifetime: Duration = .seconds(60), maximumLifetime: Duration = .seconds(3600),
        staleLimit: Duration = .seconds(4 * 3600), maximumBackoff: Duration = .seconds(300),
        unknownKeyLifetime: Duration = .seconds(120)
    ) {
        self.coolDown = coolDown
        self.defaultLifetime = defaultLifetime
        self.minimumLifetime = minimumLifetime
        self.maximumLifetime = maximumLifetime
        self.staleLimit = staleLimit
        self.maximumBackoff = maximumBackoff
        self.unknownKeyLifetime = unknownKeyLifetime
    }

    public static let standard = RefreshPolicy()

    /// The same with contradictions removed, and small enough that no sum of its parts overflows.
    var consistent: RefreshPolicy {
        let century = Duration.seconds(100 * 366 * 86_400)
        var policy = self
        policy.coolDown = min(max(.seconds(1), coolDown), century)
        policy.minimumLifetime = min(max(policy.coolDown, minimumLifetime), century)
        policy.maximumLifetime = min(max(policy.minimumLifetime, maximumLifetime), century)
        policy.staleLimit = min(max(.zero, staleLimit), century)
        policy.maximumBackoff = min(max(policy.coolDown, maximumBackoff), century)
        policy.unknownKeyLifetime = min(max(policy.coolDown, unknownKeyLifetime), century)
        return policy
    }

    /// How long a set with this `max-age` counts as fresh.
    func lifetime(_ maxAge: Duration?) -> Duration {
        min(max(minimumLifetime, maxAge ?? defaultLifetime), maximumLifetime)
    }
}
