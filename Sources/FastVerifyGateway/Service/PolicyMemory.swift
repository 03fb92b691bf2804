internal import FastVerify
internal import FastVerifyAccess
internal import FastVerifyHTTP
internal import Logging

/// What a policy needs besides keys.
struct PolicyProvision: Sendable {
    var demands: PolicyDemands?
    var revocation: RevocationSet?
    var statusLists: StatusListSource?
    var feed: RevocationFeed?
    /// Whether nobody passes as long as the feed has said nothing.
    var isClosedWithoutFeed = false
}

/// What policies remember over all configurations: buckets, proofs that were used, revocations. As long as what is said about it
/// stays the same, a reload refills no bucket, lets no proof be used again, and forgets no revocation.
final class PolicyMemory: Sendable {
    private struct Quota: Hashable {
        let policy: String
        let configuration: QuotaConfiguration
    }

    private struct Proofs: Hashable {
        let policy: String
        let configuration: ProofConfiguration
    }

    private struct State {
        var limiters: [Quota: RateLimiter] = [:]
        var verifiers: [Proofs: ProofVerifier] = [:]
        /// One for all policies: a proof that one has taken, no other takes.
        var replays: ReplayWindow?
    }

    private let state = WaitingLock(State())
    let sources: RevocationSources
    /// Proofs from before were perhaps used with an earlier process.
    private let start: Int64
    private let clock: UnixClock

    /// - Parameter start: seconds since 1970-01-01 UTC; proofs from then and before are refused.
    init(logger: Logger, registry: PrometheusRegistry, start: Int64, clock: UnixClock = .system) {
        sources = RevocationSources(logger: logger, registry: registry)
        self.start = start
        self.clock = clock
    }

    /// What the policies of a configuration need, by their names: kept, or made. Reads the files that it names; feeds begin.
    func provisions(
        for configuration: GatewayConfiguration, keys: IssuerKeys
    ) throws(ConfigurationError) -> [String: PolicyProvision] {
        let problems = ProblemList(file: configuration.file)
        var provisions: [String: PolicyProvision] = [:]
        for (name, policy) in configuration.policies {
            var provision = PolicyProvision()
            do throws(IssuerKeyring.Reason) {
                provision.demands = try demands(name, policy.demands, configuration)
            } catch {
                problems.report(error.text, at: "policies.\(name)")
            }
            if let revocation = policy.revocation {
                do throws(IssuerKeyring.Reason) {
                    try sources.provide(revocation, configuration, keys, &provision)
                } catch {
                    problems.report(error.text, at: "policies.\(name).revocation")
                }
            }
            provisions[name] = provision
        }
        guard problems.problems.isEmpty else { throw ConfigurationError(problems: problems.problems) }
        return provisions
    }

    /// Forgets what none of these configurations names.
    func keepOnly(_ configurations: [GatewayConfiguration]) {
        let policies = configurations.flatMap(\.policies)
        let quotas = Set(
            policies.compactMap { name, policy in
                policy.demands.quota.map { Quota(policy: name, configuration: $0) }
            })
        let proofs = Set(
            policies.compactMap { name, policy in
                policy.demands.proof.map { Proofs(policy: name, configuration: $0) }
            })
        state.withLock { state in
            state.limiters = state.limiters.filter { quotas.contains($0.key) }
            state.verifiers = state.verifiers.filter { proofs.contains($0.key) }
        }
        sources.keepOnly(configurations)
    }

    // MARK: Demands

    private func demands(
        _ name: String, _ configuration: DemandConfiguration, _ whole: GatewayConfiguration
    ) throws(IssuerKeyring.Reason) -> PolicyDemands? {
        guard !configuration.isEmpty else { return nil }
        return PolicyDemands(
            configuration, tokenBytes: whole.limits.token,
            proofs: try configuration.proof.map { proof throws(IssuerKeyring.Reason) in try verifier(name, proof) },
            forgeryGuard: try configuration.forgery.map { forgery throws(IssuerKeyring.Reason) in
                try Self.forgeryGuard(forgery, whole.file)
            },
            limiter: configuration.quota.map { limiter(name, $0) })
    }

    private func limiter(_ name: String, _ configuration: QuotaConfiguration) -> RateLimiter {
        let key = Quota(policy: name, configuration: configuration)
        return state.withLock { state in
            if let known = state.limiters[key] { return known }
            let limiter = RateLimiter(
                plans: configuration.plans, others: configuration.others, planClaim: configuration.planClaim,
                subjects: configuration.subjects, capacity: configuration.capacity)
            state.limiters[key] = limiter
            return limiter
        }
    }

    private func verifier(
        _ name: String, _ configuration: ProofConfiguration
    ) throws(IssuerKeyring.Reason) -> ProofVerifier {
        let key = Proofs(policy: name, configuration: configuration)
        var policy = ProofPolicy()
        policy.algorithms = AlgorithmSet(configuration.algorithms)
        policy.maximumAge = configuration.maximumAge
        do {
            return try state.withLock { state in
                if let known = state.verifiers[key] { return known }
                let replays = state.replays ?? ReplayWindow(floor: start)
                state.replays = replays
                let nonces = try configuration.nonceLifetime.map { try ProofNonces(lifetime: $0, clock: clock) }
                let verifier = ProofVerifier(policy, replays: replays, nonces: nonces, clock: clock)
                state.verifiers[key] = verifier
                return verifier
            }
        } catch {
            throw IssuerKeyring.Reason(text: "dpop: no secret for nonces can be made")
        }
    }

    private static func forgeryGuard(
        _ configuration: ForgeryConfiguration, _ file: String
    ) throws(IssuerKeyring.Reason) -> CSRFGuard {
        var tokens: CSRFTokens?
        if let secret = configuration.secret {
            let path = PlainFile.resolve(secret, besides: file)
            do {
                tokens = try CSRFTokens(secret: try PlainFile.contents(of: path, limit: 4096))
            } catch let error as PlainFile.Unreadable {
                throw IssuerKeyring.Reason(text: "csrf.secret: \(path): \(error.reason)")
            } catch {
                throw IssuerKeyring.Reason(text: "csrf.secret: \(path): expected 32 bytes or more")
            }
        }
        return CSRFGuard(
            origins: configuration.origins, tokens: tokens, fieldName: configuration.field,
            cookieName: configuration.cookie)
    }
}
