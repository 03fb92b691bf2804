internal import FastVerify
internal import FastVerifyAccess
internal import FastVerifyHTTP
internal import HTTPTypes

/// A configuration in force: everything that decides about a request, immutable, shared by all event loops.
final class GatewayRules: Sendable {
    /// A policy's verifier and the answers of its protection space.
    struct Policy: Sendable {
        let name: String
        let verifier: Verifier
        /// Where keys come over the network: knows how to wait for one that is new.
        let remote: RemoteVerifier?
        let answers: AnswerBook
        /// What it asks for besides a good token.
        let demands: PolicyDemands?
    }

    struct Route: Sendable {
        let configuration: RouteConfiguration
        let policy: Int
        let access: AccessPolicy
        /// Segment of the path that names the tenant.
        let tenantSegment: Int?
        /// Of its policy.
        let demands: PolicyDemands?
    }

    let configuration: GatewayConfiguration
    let policies: [Policy]
    let routes: [Route]
    let table: RouteTable
    let identity: IdentityFields
    /// For requests that belong to no route.
    let strangers: AnswerBook
    let cache: TokenCache?
    /// Those that must have keys for the gateway to be ready.
    let keySets: [String: RemoteJWKSet]
    /// Those without which nobody passes.
    let feeds: [RevocationFeed]
    /// Whether some policy speaks to browsers of other origins.
    let hasCrossOrigin: Bool

    /// - Parameters:
    ///   - keys: of every issuer, by name.
    ///   - provisions: of policies that need some, by name.
    ///   - verifiers: instead of those that policies describe, by their names, for tests.
    init(
        _ configuration: GatewayConfiguration, keys: IssuerKeys, provisions: [String: PolicyProvision] = [:],
        cache: TokenCache?, clock: UnixClock = .system, verifiers: [String: Verifier] = [:]
    ) {
        self.configuration = configuration
        self.cache = cache
        keySets = keys.remote
        identity = IdentityFields(configuration.identity)
        table = RouteTable(configuration.routes)
        let names = configuration.policies.map(\.name)
        let policies = configuration.policies.map { name, policy in
            let issuers = policy.issuers.map { issuer in
                Verifier.TrustedIssuer(
                    policy.claimPolicy(issuer: configuration.issuer(issuer).issuer), keys: keys.sources[issuer]!)
            }
            let verifier =
                verifiers[name]
                ?? Verifier(
                    trusting: issuers, limits: Verifier.Limits(tokenBytes: configuration.limits.token), clock: clock,
                    cache: cache, revocation: provisions[name]?.revocation, statusLists: provisions[name]?.statusLists)
            let remote = policy.issuers.compactMap { keys.remote[$0] }
            return Policy(
                name: name, verifier: verifier,
                remote: remote.isEmpty ? nil : RemoteVerifier(verifier, keys: remote),
                answers: AnswerBook(Self.space(policy, name)), demands: provisions[name]?.demands)
        }
        feeds = provisions.values.compactMap { $0.isClosedWithoutFeed ? $0.feed : nil }
        hasCrossOrigin = policies.contains { $0.demands?.crossOrigin != nil }
        self.policies = policies
        strangers = policies.count == 1 ? policies[0].answers : AnswerBook(ProtectionSpace(realm: "gateway"))
        routes = configuration.routes.map { route in
            let policy = names.firstIndex(of: route.policy)!
            let settings = configuration.policies[policy].policy
            var access = AccessPolicy(
                Self.space(settings, route.policy), names: ClaimNames(roles: settings.rolesPath), rule: route.rule,
                allowsAnonymous: route.access == .optional)
            access.ignoresKeyConfirmation = false
            var segment: Int?
            if case .segment(let position) = route.tenant?.place { segment = position }
            return Route(
                configuration: route, policy: policy, access: access, tenantSegment: segment,
                demands: policies[policy].demands)
        }
    }

    private static func space(_ policy: PolicyConfiguration, _ name: String) -> ProtectionSpace {
        let realm = policy.realm ?? name
        guard let proof = policy.demands.proof else {
            return ProtectionSpace(realm: realm, resourceMetadata: policy.resourceMetadata)
        }
        return ProtectionSpace(
            realm: realm, schemes: proof.mode == .required ? [.dpop] : [.dpop, .bearer],
            resourceMetadata: policy.resourceMetadata, proofAlgorithms: proof.algorithms)
    }
}

/// The keys of all issuers of a configuration.
struct IssuerKeys: Sendable {
    var sources: [String: KeySource] = [:]
    var remote: [String: RemoteJWKSet] = [:]
}

extension RouteConfiguration {
    static let tenantParameter = "tenant"

    /// What a verified token must say here.
    var rule: AccessRule {
        var rules: [AccessRule] = []
        if !scopes.all.isEmpty { rules.append(.scopes(scopes.all)) }
        if !scopes.any.isEmpty { rules.append(.anyScope(scopes.any)) }
        if !roles.all.isEmpty { rules.append(.roles(roles.all)) }
        if !roles.any.isEmpty { rules.append(.anyRole(roles.any)) }
        if !permissions.all.isEmpty { rules.append(.permissions(permissions.all)) }
        if !permissions.any.isEmpty { rules.append(.anyPermission(permissions.any)) }
        for (name, texts) in claims.sorted(by: { $0.key < $1.key }) { rules.append(.claim(name, is: .oneOf(texts))) }
        if let tenant {
            let source: TenantSource =
                switch tenant.place {
                case .segment: .pathParameter(Self.tenantParameter)
                case .label(let suffix): .hostLabel(before: suffix)
                }
            rules.append(.tenant(source, at: [tenant.claim]))
        }
        if let stepUp { rules.append(.stepUp(contexts: stepUp.contexts, maxAge: stepUp.maximumAge)) }
        return rules.count == 1 ? rules[0] : .all(rules)
    }
}
