import ArgumentParser
import FastVerify

/// The options that say what an accepted token must claim.
struct PolicyOptions: ParsableArguments {
    /// A set of rules that an RFC prescribes.
    enum Profile: String, ExpressibleByArgument, CaseIterable {
        case accessToken = "at+jwt"
    }

    @Option(
        help: ArgumentHelp("Algorithms to trust, with commas, e.g. ES256,EdDSA.", valueName: "names"))
    var algorithms: [AlgorithmList] = []

    @Option(help: ArgumentHelp("Issuer (iss) to trust. May be repeated.", valueName: "iss"))
    var issuer: [String] = []

    @Option(help: ArgumentHelp("Audience (aud) to accept. May be repeated.", valueName: "aud"))
    var audience: [String] = []

    @Flag(help: "Accept tokens of any issuer. Dangerous: whoever holds a key may speak for everybody.")
    var anyIssuer = false

    @Flag(help: "Accept tokens meant for somebody else. Dangerous: a token for one service opens all.")
    var anyAudience = false

    @Option(help: ArgumentHelp("Seconds that clocks may differ.", valueName: "seconds"))
    var leeway: Int64 = 0

    @Option(help: ArgumentHelp("Refuse tokens issued (iat) longer ago than this.", valueName: "seconds"))
    var maxAge: Int64?

    @Flag(help: "Accept tokens that never expire.")
    var allowMissingExp = false

    @Option(
        help: ArgumentHelp(
            "Type (typ) to accept, '' for none at all. May be repeated. Default: JWT or none.", valueName: "typ"))
    var type: [String] = []

    @Option(help: ArgumentHelp("Scope that must be granted (scope, scp). May be repeated.", valueName: "scope"))
    var requireScope: [String] = []

    @Option(help: ArgumentHelp("Role that must be held. May be repeated.", valueName: "role"))
    var requireRole: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where roles stand, from the outside in: --roles-path realm_access --roles-path roles. Default: roles.",
            valueName: "claim"))
    var rolesPath: [String] = []

    @Option(help: ArgumentHelp("Claim that must be present. May be repeated.", valueName: "claim"))
    var requireClaim: [String] = []

    @Option(help: ArgumentHelp("Rules to apply: at+jwt for access tokens of RFC 9068.", valueName: "name"))
    var profile: Profile?

    func validate() throws {
        guard issuer.isEmpty || !anyIssuer else {
            throw ValidationError("--issuer and --any-issuer exclude each other.")
        }
        guard audience.isEmpty || !anyAudience else {
            throw ValidationError("--audience and --any-audience exclude each other.")
        }
        guard leeway >= 0, maxAge ?? 0 >= 0 else { throw ValidationError("--leeway and --max-age cannot be negative.") }
        if profile != nil, !type.isEmpty || allowMissingExp {
            throw ValidationError(
                "--profile at+jwt fixes the type and demands exp; drop --type and --allow-missing-exp.")
        }
    }

    var algorithmSet: AlgorithmSet { AlgorithmSet(algorithms.flatMap(\.algorithms)) }

    /// Whether anything is asked of the claims.
    var isGiven: Bool {
        !issuer.isEmpty || !audience.isEmpty || anyIssuer || anyAudience || leeway > 0 || maxAge != nil
            || allowMissingExp || !type.isEmpty || !requireScope.isEmpty || !requireRole.isEmpty
            || !requireClaim.isEmpty || profile != nil
    }

    /// What a policy cannot do without, or has to do without in so many words.
    func checkComplete() throws {
        guard !issuer.isEmpty || anyIssuer else {
            throw ValidationError(
                "Missing --issuer: whose tokens are trusted? (--any-issuer trusts everybody's who holds a key.)")
        }
        guard !audience.isEmpty || anyAudience else {
            throw ValidationError(
                "Missing --audience: for whom must tokens be meant? (--any-audience takes those meant for others too.)")
        }
    }

    /// The policy; an issuer or audience that is not given is not checked.
    func policy(_ algorithms: AlgorithmSet) -> ClaimPolicy {
        let issuers: ClaimPolicy.Expected = issuer.isEmpty ? .dangerouslyAny : .oneOf(issuer)
        let audiences: ClaimPolicy.Expected = audience.isEmpty ? .dangerouslyAny : .oneOf(audience)
        var policy =
            profile == .accessToken
            ? ClaimPolicy.accessToken(issuer: issuers, audience: audiences, algorithms: algorithms)
            : ClaimPolicy(issuer: issuers, audience: audiences, algorithms: algorithms)
        if !type.isEmpty { policy.types = Set(type.map { TokenType($0) }) }
        policy.requiresExpiration = !allowMissingExp
        policy.leeway = leeway
        policy.maximumAge = maxAge
        policy.requiredClaims += requireClaim
        policy.requiredScopes = requireScope
        policy.requiredRoles = requireRole
        if !rolesPath.isEmpty { policy.rolesPath = rolesPath }
        return policy
    }
}
