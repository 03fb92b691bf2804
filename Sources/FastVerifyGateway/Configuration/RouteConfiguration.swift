/// Which requests a rule is about, and what they need. The first route that fits decides; a request that fits none is refused.
public struct RouteConfiguration: Sendable, Hashable {
    public enum Path: Sendable, Hashable {
        /// The path itself and everything below it, by whole segments: `/a` has `/a` and `/a/b`, not `/ab`.
        case prefix(String)
        case exactly(String)

        var description: String {
            switch self {
            case .prefix(let text): "prefix \(text)"
            case .exactly(let text): "path \(text)"
            }
        }
    }

    /// Texts of which all or any must be granted.
    public struct Grants: Sendable, Hashable {
        public var all: [String] = []
        public var any: [String] = []
        public var isEmpty: Bool { all.isEmpty && any.isEmpty }
    }

    /// Where the tenant of a request stands. It must equal the token's claim.
    public enum TenantPlace: Sendable, Hashable {
        /// Of the path, from 0.
        case segment(Int)
        /// The one label before this suffix of the host.
        case label(before: String)
    }

    public struct Tenant: Sendable, Hashable {
        public let claim: String
        public let place: TenantPlace
    }

    /// RFC 9470.
    public struct StepUp: Sendable, Hashable {
        public let contexts: [String]
        public let maximumAge: Int64?
    }

    public enum Access: String, Sendable, Hashable, CaseIterable {
        /// A valid token is needed.
        case token
        /// Who sends no credentials passes as nobody; bad credentials are refused all the same.
        case optional
        /// Nobody is asked, and no identity is passed on.
        case open
        /// Nobody passes.
        case deny
    }

    public let path: Path
    /// Empty: any.
    public let methods: [String]
    /// In lower case, without port; empty: any.
    public let hosts: [String]
    public let policy: String
    public let access: Access
    public let scopes: Grants
    public let roles: Grants
    public let permissions: Grants
    /// Claims that must have exactly one of these texts.
    public let claims: [String: [String]]
    public let tenant: Tenant?
    public let stepUp: StepUp?
    let line: Int

    init?(_ value: ConfigurationValue, policies: [String]) {
        guard let members = value.mapping("a route: prefix or path, policy") else { return nil }
        line = value.line
        let prefix = members.optional("prefix").flatMap { Self.path($0).map(Path.prefix) }
        let exact = members.optional("path").flatMap { Self.path($0).map(Path.exactly) }
        let path = [prefix, exact].compactMap(\.self)
        if path.count != 1 { value.report("expected exactly one of prefix, path") }
        methods = members.optional("methods")?.texts("a method such as GET") ?? []
        for method in methods where !method.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A || $0 == 0x2D }) {
            value.report("'\(method)' is not a method: expected capital letters")
        }
        hosts = (members.optional("host")?.texts("a host name") ?? []).map { $0.lowercased() }
        access = members.optional("access")?.choice(Access.self) ?? .token
        scopes = members.optional("scopes").map { Self.grants($0, "a scope") } ?? Grants()
        roles = members.optional("roles").map { Self.grants($0, "a role") } ?? Grants()
        permissions = members.optional("permissions").map { Self.grants($0, "a permission") } ?? Grants()
        let claims = members.optional("claims")?.mapping("names of claims with the texts they may have")
        self.claims = Dictionary(
            claims?.all().map { ($0.name, $0.value.texts()) } ?? [], uniquingKeysWith: { first, _ in first })
        tenant = members.optional("tenant").flatMap(Self.tenant)
        stepUp = members.optional("step_up").flatMap(Self.stepUp)
        let named = members.optional("policy")
        let policy = named?.text("the name of a policy") ?? (policies.count == 1 ? policies[0] : nil)
        if let policy, !policies.contains(policy) {
            named?.report("no policy is called '\(policy)'; there are: \(policies.joined(separator: ", "))")
        } else if policy == nil, named == nil {
            value.report("policy is missing: expected one of \(policies.joined(separator: ", "))")
        }
        members.finish()
        guard path.count == 1, let policy else { return nil }
        self.path = path[0]
        self.policy = policy
        let hasRules =
            !(scopes.isEmpty && roles.isEmpty && permissions.isEmpty && self.claims.isEmpty) || tenant != nil
            || stepUp != nil
        if hasRules, access == .open || access == .deny {
            value.report("rules and access: \(access.rawValue) contradict each other")
        }
    }

    /// A path as routes are matched against: decoded, and without anything that could be read in two ways.
    private static func path(_ value: ConfigurationValue) -> String? {
        guard let text = value.text("a path that begins with /") else { return nil }
        let bytes = Array(text.utf8)
        var memory = PathMemory()
        let read = bytes.withUnsafeBytes { text in
            RequestPath.read(text, &memory) { path in path.map { $0.elementsEqual(text) } ?? false }
        }
        guard read, !text.contains("?"), !text.contains("%") else {
            value.report("expected a path that begins with /, decoded, without //, . and .. segments, ; and \\")
            return nil
        }
        return text
    }

    private static func grants(_ value: ConfigurationValue, _ what: String) -> Grants {
        guard value.isMapping else { return Grants(all: value.texts(what)) }
        guard let members = value.mapping() else { return Grants() }
        let grants = Grants(
            all: members.optional("all")?.texts(what) ?? [], any: members.optional("any")?.texts(what) ?? [])
        members.finish()
        if grants.isEmpty { value.report("expected \(what), a list of them, or all and any") }
        return grants
    }

    private static func tenant(_ value: ConfigurationValue) -> Tenant? {
        guard let members = value.mapping("claim, and path_segment or host_suffix") else { return nil }
        let claim = members.optional("claim")?.text("the name of a claim") ?? "tenant"
        let segment = members.optional("path_segment")?.number(0...63).map(TenantPlace.segment)
        let label = members.optional("host_suffix")?.text("a domain such as api.example").map {
            TenantPlace.label(before: $0)
        }
        members.finish()
        let places = [segment, label].compactMap(\.self)
        guard places.count == 1 else {
            value.report("expected exactly one of path_segment, host_suffix")
            return nil
        }
        return Tenant(claim: claim, place: places[0])
    }

    private static func stepUp(_ value: ConfigurationValue) -> StepUp? {
        guard let members = value.mapping("acr, maximum_age or both") else { return nil }
        let contexts = members.optional("acr")?.texts("an acr value") ?? []
        let day = Duration.seconds(366 * 86_400)
        let age = members.optional("maximum_age")?.duration(.zero...day)?.components.seconds
        members.finish()
        if contexts.isEmpty, age == nil { value.report("expected acr, maximum_age or both") }
        return StepUp(contexts: contexts, maximumAge: age)
    }
}
