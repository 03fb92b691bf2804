public import FastVerify

/// What a token must be to count as credentials: a `ClaimPolicy` for each of some issuers.
public struct PolicyConfiguration: Sendable, Hashable {
    /// Names of issuers.
    public let issuers: [String]
    public let audience: [String]
    public let algorithms: [Algorithm]
    /// `typ`; `none` stands for a token without one.
    public let types: [String]
    public let leeway: Int64
    public let maximumAge: Int64?
    public let requiredClaims: [String]
    /// Shown in challenges.
    public let realm: String?
    /// RFC 9728: where clients find out how to get a token.
    public let resourceMetadata: String?
    public let rolesPath: [String]
    /// What a request must show besides its token, and what its sender may cause.
    let demands: DemandConfiguration
    let revocation: RevocationConfiguration?

    init?(_ value: ConfigurationValue, issuers known: [String]) {
        guard let members = value.mapping("a policy: issuers, audience, algorithms") else { return nil }
        let named = members.optional("issuers")
        let issuers = named?.texts("the name of an issuer") ?? known
        for name in issuers where !known.contains(name) {
            named?.report("no issuer is called '\(name)'; there are: \(known.joined(separator: ", "))")
        }
        self.issuers = issuers
        audience = members.required("audience", "for whom tokens must be meant")?.texts("an audience") ?? []
        let names = members.required("algorithms", "names such as ES256")
        algorithms =
            names?.list().compactMap { item in
                item.text("an algorithm such as ES256").flatMap { name in
                    let algorithm = Algorithm(name: name)
                    if algorithm == nil {
                        item.report(
                            "'\(name)' is not an algorithm; there are: "
                                + Algorithm.allCases.map(\.name).joined(separator: ", "))
                    }
                    return algorithm
                }
            } ?? []
        if case .some(let names) = names, names.list().isEmpty { names.report("expected at least an algorithm") }
        types = members.optional("types")?.texts("a typ such as at+jwt") ?? ["JWT", "none"]
        let minute = Duration.seconds(600)
        leeway = members.optional("leeway")?.duration(.zero...minute)?.components.seconds ?? 0
        let century = Duration.seconds(100 * 366 * 86_400)
        maximumAge = members.optional("maximum_age")?.duration(.seconds(1)...century)?.components.seconds
        requiredClaims = members.optional("required_claims")?.texts("the name of a claim") ?? []
        realm = members.optional("realm")?.text()
        resourceMetadata = members.optional("resource_metadata")?.text("a URL")
        rolesPath = members.optional("roles_path")?.texts("names from the top inwards") ?? ["roles"]
        demands = DemandConfiguration(members)
        revocation = members.optional("revocation").flatMap { RevocationConfiguration($0, issuers: issuers) }
        members.finish()
        guard !audience.isEmpty, !algorithms.isEmpty, !issuers.isEmpty else { return nil }
    }

    func claimPolicy(issuer: String) -> ClaimPolicy {
        var policy = ClaimPolicy(
            issuer: .exactly(issuer), audience: .oneOf(audience), algorithms: AlgorithmSet(algorithms))
        policy.types = Set(types.map { $0 == "none" ? TokenType.absent : TokenType($0) })
        policy.leeway = leeway
        policy.maximumAge = maximumAge
        policy.requiredClaims = requiredClaims
        policy.rolesPath = rolesPath
        return policy
    }
}
