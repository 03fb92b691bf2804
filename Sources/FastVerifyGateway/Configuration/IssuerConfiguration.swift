public import FastVerify

/// Somebody whose tokens may be trusted, and where the keys are. Which tokens are, policies say.
public struct IssuerConfiguration: Sendable, Hashable {
    /// Where the keys stand.
    public enum Keys: Sendable, Hashable {
        /// A JWK Set or PEM file, read at the start and at every reload.
        case file(String)
        /// A JWK Set behind a URL.
        case url(String)
        /// What the issuer's metadata names.
        case discovery(Discovery)
    }

    public enum Discovery: String, Sendable, Hashable, CaseIterable { case automatic, openid, oauth }

    /// The exact `iss`.
    public let issuer: String
    public let keys: Keys
    /// Addresses besides the public Internet that keys may be fetched from, in CIDR notation.
    public let allowedAddresses: [String]
    /// Permits `http`, for a sidecar on the loopback interface.
    public let allowsInsecureHTTP: Bool
    /// Keeps fetched keys for a start without network.
    public let snapshot: String?
    /// A PEM file with the only roots that the issuer's server may be certified by.
    public let trustRoots: String?
    public let coolDown: Duration

    init?(_ value: ConfigurationValue) {
        guard let members = value.mapping("an issuer: issuer, keys") else { return nil }
        let issuer = members.required("issuer", "the exact iss of its tokens")?.text("the exact iss of its tokens")
        let keys = members.required("keys", "file, url or discovery")?.mapping("file, url or discovery")
        let rules = keys.flatMap { Self.keys($0) }
        allowedAddresses = members.optional("allow_addresses")?.texts("an address block such as 10.0.0.0/8") ?? []
        allowsInsecureHTTP = members.optional("allow_http")?.flag() ?? false
        snapshot = members.optional("snapshot")?.text("a file name")
        trustRoots = members.optional("trust_roots")?.text("a file name")
        coolDown =
            members.optional("cool_down")?.duration(.seconds(1) ... .seconds(3600)) ?? .seconds(10)
        members.finish()
        guard let issuer, let rules else { return nil }
        self.issuer = issuer
        self.keys = rules
    }

    private static func keys(_ members: ConfigurationMapping) -> Keys? {
        let file = members.optional("file")?.text("a file name").map(Keys.file)
        let url = members.optional("url")?.text("a URL").map(Keys.url)
        let discovery = members.optional("discovery")?.choice(Discovery.self).map(Keys.discovery)
        members.finish()
        let all = [file, url, discovery].compactMap(\.self)
        guard all.count == 1 else {
            members.value.report("expected exactly one of file, url, discovery")
            return nil
        }
        return all[0]
    }
}

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
        types = members.optional("types")?.texts("a typ such as at+jwt") ?? ["JWT", "none"]
        let minute = Duration.seconds(600)
        leeway = members.optional("leeway")?.duration(.zero...minute)?.components.seconds ?? 0
        let century = Duration.seconds(100 * 366 * 86_400)
        maximumAge = members.optional("maximum_age")?.duration(.seconds(1)...century)?.components.seconds
        requiredClaims = members.optional("required_claims")?.texts("the name of a claim") ?? []
        realm = members.optional("realm")?.text()
        resourceMetadata = members.optional("resource_metadata")?.text("a URL")
        rolesPath = members.optional("roles_path")?.texts("names from the top inwards") ?? ["roles"]
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
