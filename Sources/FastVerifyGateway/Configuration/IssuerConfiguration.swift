internal import FastVerifyHTTP

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
    /// When keys are fetched, and how long those that an issuer has withdrawn can go on verifying.
    let refresh: RefreshPolicy

    init?(_ value: ConfigurationValue) {
        guard let members = value.mapping("an issuer: issuer, keys") else { return nil }
        let issuer = members.required("issuer", "the exact iss of its tokens")?.text("the exact iss of its tokens")
        let keys = members.required("keys", "file, url or discovery")?.mapping("file, url or discovery")
        let rules = keys.flatMap { Self.keys($0) }
        allowedAddresses = members.optional("allow_addresses")?.texts("an address block such as 10.0.0.0/8") ?? []
        allowsInsecureHTTP = members.optional("allow_http")?.flag() ?? false
        snapshot = members.optional("snapshot")?.text("a file name")
        trustRoots = members.optional("trust_roots")?.text("a file name")
        refresh = Self.refresh(members)
        members.finish()
        guard let issuer, let rules else { return nil }
        self.issuer = issuer
        self.keys = rules
    }

    private static func refresh(_ members: ConfigurationMapping) -> RefreshPolicy {
        var policy = RefreshPolicy.standard
        let (second, day) = (Duration.seconds(1), Duration.seconds(86_400))
        func read(_ name: String, _ path: WritableKeyPath<RefreshPolicy, Duration>, from shortest: Duration) {
            if let time = members.optional(name)?.duration(shortest...day) { policy[keyPath: path] = time }
        }
        read("cool_down", \.coolDown, from: second)
        read("default_lifetime", \.defaultLifetime, from: second)
        read("minimum_lifetime", \.minimumLifetime, from: second)
        read("maximum_lifetime", \.maximumLifetime, from: second)
        read("stale_limit", \.staleLimit, from: .zero)
        if policy.minimumLifetime > policy.maximumLifetime {
            members.value.report("minimum_lifetime is longer than maximum_lifetime")
        }
        return policy
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
