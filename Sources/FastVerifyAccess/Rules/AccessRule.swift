public import FastVerify

/// What the claims of a verified token must say for a request to pass. Rules combine with `.all` and `.any`.
///
///     let rule: AccessRule = .all(.scopes("orders:write"), .any(.roles("admin"), .tenant(.pathParameter("tenant"))))
///
/// Strings are compared byte by byte. A claim that is absent or of another type satisfies nothing. Immutable.
public struct AccessRule: Sendable {
    indirect enum Form: Sendable {
        case scopes([String])
        case anyScope([String])
        case names(NameRule)
        case claim([String], ClaimTest)
        case predicate(StaticReason, @Sendable (borrowing ClaimSet) -> Bool)
        case tenant(TenantSource, [String]?)
        case stepUp(StepUp)
        case all([AccessRule])
        case any([AccessRule])
    }

    let form: Form

    /// Any verified token. Made anew each time: a stored one is reached by a tagged pointer alone, in which leak detection
    /// sees no pointer.
    public static var authenticated: AccessRule { AccessRule(form: .all([])) }

    /// All of these scopes. Refused with the scopes of the rule.
    public static func scopes(_ scopes: String...) -> AccessRule { .scopes(scopes) }
    public static func scopes(_ scopes: [String]) -> AccessRule { AccessRule(form: .scopes(scopes)) }

    /// One of these scopes. Refused with the first of them: the least that a client has to ask for.
    public static func anyScope(_ scopes: String...) -> AccessRule { .anyScope(scopes) }
    public static func anyScope(_ scopes: [String]) -> AccessRule { AccessRule(form: .anyScope(scopes)) }

    /// All of these roles; `path` where they stand elsewhere than `ClaimNames` says.
    public static func roles(_ roles: String..., at path: [String]? = nil) -> AccessRule { .roles(roles, at: path) }
    public static func roles(_ roles: [String], at path: [String]? = nil) -> AccessRule {
        AccessRule(form: .names(NameRule(.roles, roles, all: true, at: path)))
    }

    /// One of these roles.
    public static func anyRole(_ roles: String..., at path: [String]? = nil) -> AccessRule { .anyRole(roles, at: path) }
    public static func anyRole(_ roles: [String], at path: [String]? = nil) -> AccessRule {
        AccessRule(form: .names(NameRule(.roles, roles, all: false, at: path)))
    }

    /// All of these permissions; `path` where they stand elsewhere than `ClaimNames` says.
    public static func permissions(_ permissions: String..., at path: [String]? = nil) -> AccessRule {
        .permissions(permissions, at: path)
    }
    public static func permissions(_ permissions: [String], at path: [String]? = nil) -> AccessRule {
        AccessRule(form: .names(NameRule(.permissions, permissions, all: true, at: path)))
    }

    /// One of these permissions.
    public static func anyPermission(_ permissions: String..., at path: [String]? = nil) -> AccessRule {
        .anyPermission(permissions, at: path)
    }
    public static func anyPermission(_ permissions: [String], at path: [String]? = nil) -> AccessRule {
        AccessRule(form: .names(NameRule(.permissions, permissions, all: false, at: path)))
    }

    /// What the claim at a path must be; refused with 403.
    public static func claim(_ path: String..., is test: ClaimTest) -> AccessRule { .claim(path, is: test) }
    public static func claim(_ path: [String], is test: ClaimTest) -> AccessRule {
        AccessRule(form: .claim(path, test))
    }

    /// A test of your own; refused with 403. `reason` is for logs.
    public static func satisfying(
        _ reason: StaticReason, _ test: @escaping @Sendable (borrowing ClaimSet) -> Bool
    ) -> AccessRule { AccessRule(form: .predicate(reason, test)) }

    /// The request's tenant must be the token's, exactly; `path` where the claim stands elsewhere than `ClaimNames` says.
    /// A request without a tenant is refused, and so is a token without one.
    public static func tenant(_ source: TenantSource, at path: [String]? = nil) -> AccessRule {
        AccessRule(form: .tenant(source, path))
    }

    /// The user must have logged in in one of these ways (`acr`) and, at most `maxAge` seconds ago (`auth_time`); refused
    /// with what the client has to ask the authorization server for (RFC 9470).
    public static func stepUp(contexts: [String] = [], maxAge: Int64? = nil, leeway: Int64 = 0) -> AccessRule {
        AccessRule(form: .stepUp(StepUp(contexts: contexts, maxAge: maxAge, leeway: leeway)))
    }

    /// All rules; of none, every token. Checked in order; the first that says no is the answer, except that the scopes of all
    /// are named together.
    public static func all(_ rules: AccessRule...) -> AccessRule { .all(rules) }
    public static func all(_ rules: [AccessRule]) -> AccessRule { AccessRule(form: .all(rules)) }

    /// One of the rules; of none, no token. Where all say no, the answer is the first that a client can do something about
    /// (other scopes, another login), else the first.
    public static func any(_ rules: AccessRule...) -> AccessRule { .any(rules) }
    public static func any(_ rules: [AccessRule]) -> AccessRule { AccessRule(form: .any(rules)) }
}

extension AccessRule {
    /// Names of the path parameters that the rule looks at.
    public var pathParameters: [String] {
        switch form {
        case .tenant(.pathParameter(let name), _): [name]
        case .all(let rules), .any(let rules): rules.flatMap(\.pathParameters)
        default: []
        }
    }

    /// The scopes that the rule asks for whatever else a token says, each once.
    public var requiredScopes: [String] {
        switch form {
        case .scopes(let scopes): scopes.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        case .anyScope(let scopes): scopes.first.map { [$0] } ?? []
        case .all(let rules): rules.flatMap(\.requiredScopes).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        default: []
        }
    }
}
