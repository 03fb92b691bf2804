/// What an accepted token must say. Issuer, audience and algorithms have no default: a policy that leaves one of them
/// out has to say so in words.
///
/// Setting one option never switches another off. Time arithmetic saturates; a registered claim of a wrong type is
/// refused, never treated as absent, whether or not the policy asks for it.
public struct ClaimPolicy: Sendable {
    /// Whose tokens are trusted.
    public enum Issuer: Sendable {
        case exactly(String)
        case oneOf([String])
        /// Accepts tokens of any issuer that can sign under one of the keys.
        case dangerouslyAny
    }

    /// For whom the token must be meant.
    public enum Audience: Sendable {
        case exactly(String)
        case oneOf([String])
        /// Accepts tokens that were issued for somebody else.
        case dangerouslyAny
    }

    public let issuer: Issuer
    public let audience: Audience
    public let algorithms: AlgorithmSet

    /// Types (`typ`) that are accepted.
    public var types: Set<TokenType> = [.absent, .jwt]
    /// Whether a token without `exp` is refused.
    public var requiresExpiration = true
    /// Seconds that clocks may differ, applied to `exp`, `nbf` and `iat`; negative counts as 0.
    public var leeway: Int64 = 0
    /// Seconds since `iat` after which a token is refused however long it would live; needs `iat`.
    public var maximumAge: Int64?
    /// Claims that must be present and not null.
    public var requiredClaims: [String] = [] { didSet { required = requiredClaims.map { Array($0.utf8) } } }
    /// Scopes that must all be granted, by `scope` or `scp`.
    public var requiredScopes: [String] = [] { didSet { scopes = requiredScopes.map { Array($0.utf8) } } }
    /// Roles that must all be present in the claim `rolesPath` leads to.
    public var requiredRoles: [String] = [] { didSet { roles = requiredRoles.map { Array($0.utf8) } } }
    /// Where roles stand: names from the top-level object inwards, e.g. `["realm_access", "roles"]`.
    public var rolesPath: [String] = ["roles"] { didSet { path = rolesPath.map { Array($0.utf8) } } }
    /// Tests of your own, run last, on claims whose signature has been verified.
    public var predicates: [@Sendable (borrowing ClaimSet) -> Bool] = []

    /// Set where only signatures are checked.
    var acceptsAnyType = false
    let issuers: [[UInt8]]?
    private let audiences: [[UInt8]]?
    private var required: [[UInt8]] = []
    private var scopes: [[UInt8]] = []
    private var roles: [[UInt8]] = []
    private var path: [[UInt8]] = [Array("roles".utf8)]

    public init(issuer: Issuer, audience: Audience, algorithms: AlgorithmSet) {
        self.issuer = issuer
        self.audience = audience
        self.algorithms = algorithms
        issuers =
            switch issuer {
            case .exactly(let name): [Array(name.utf8)]
            case .oneOf(let names): names.map { Array($0.utf8) }
            case .dangerouslyAny: nil
            }
        audiences =
            switch audience {
            case .exactly(let name): [Array(name.utf8)]
            case .oneOf(let names): names.map { Array($0.utf8) }
            case .dangerouslyAny: nil
            }
    }

    /// The usual case: one issuer, one audience.
    public init(issuer: String, audience: String, algorithms: AlgorithmSet) {
        self.init(issuer: .exactly(issuer), audience: .exactly(audience), algorithms: algorithms)
    }

    /// JWT access tokens of OAuth 2.0 (RFC 9068 §4): `typ` is `at+jwt`, and iss, exp, aud, sub, client_id, iat and jti
    /// are all present.
    public static func accessToken(issuer: String, audience: String, algorithms: AlgorithmSet) -> ClaimPolicy {
        var policy = ClaimPolicy(issuer: issuer, audience: audience, algorithms: algorithms)
        policy.types = [.accessToken]
        policy.requiredClaims = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]
        return policy
    }
}

extension ClaimPolicy {
    /// Whether the policy takes tokens with this `typ`.
    func accepts(_ type: JSONValue?) -> Bool { acceptsAnyType || types.contains { $0.matches(type) } }

    /// Whether the policy trusts tokens of this `iss`.
    @inline(__always)
    func trusts(_ issuer: JSONValue?) -> Bool {
        guard let issuers else { return true }
        guard let issuer else { return false }
        for name in issuers where name.withUnsafeBufferPointer({ issuer.isString($0) }) { return true }
        return false
    }

    /// The checks of the claims stage; allocates nothing. `iss` has been checked before the key was looked up.
    @inline(__always)
    func check(_ claims: JSONObject, now: Int64) throws(VerificationError) {
        guard claims.member(.iss)?.isString ?? true, claims.member(.sub)?.isString ?? true,
            claims.member(.jti)?.isString ?? true
        else { throw .invalidClaim }
        try checkAudience(claims.member(.aud))
        try checkTime(claims, now: now)
        for name in required { try checkPresence(name, claims) }
        if !scopes.isEmpty { try checkScopes(claims) }
        if !roles.isEmpty { try checkRoles(claims) }
        for predicate in predicates {
            guard predicate(ClaimSet(claims, ownedBy: claims)) else { throw .refusedByPolicy }
        }
    }

    /// RFC 7519 §4.1.3: a string or an array of strings, one of which is the audience.
    @inline(__always)
    private func checkAudience(_ value: JSONValue?) throws(VerificationError) {
        guard let value else {
            if audiences != nil { throw .wrongAudience }
            return
        }
        var found = false
        var valid = true
        if value.isString {
            found = isExpectedAudience(value)
        } else {
            guard value.kind == .array else { throw .invalidClaim }
            value.forEach { element in
                valid = element.isString
                if valid, !found { found = isExpectedAudience(element) }
                return valid
            }
        }
        guard valid else { throw .invalidClaim }
        guard found else { throw .wrongAudience }
    }

    @inline(__always)
    private func isExpectedAudience(_ value: JSONValue) -> Bool {
        guard let audiences else { return true }
        for name in audiences where name.withUnsafeBufferPointer({ value.isString($0) }) { return true }
        return false
    }

    /// RFC 7519 §4.1.4–4.1.6: a token lives while nbf ≤ now < exp.
    @inline(__always)
    private func checkTime(_ claims: JSONObject, now: Int64) throws(VerificationError) {
        let leeway = max(0, leeway)
        let earlier = now.subtractingReportingOverflow(leeway)
        let later = now.addingReportingOverflow(leeway)
        let early = earlier.overflow ? Int64.min : earlier.partialValue
        let late = later.overflow ? Int64.max : later.partialValue
        let issued = try time(claims, .iat)
        if let expiration = try time(claims, .exp) {
            guard early < expiration else { throw .expired }
        } else if requiresExpiration {
            throw .missingClaim
        }
        if let notBefore = try time(claims, .nbf), late < notBefore { throw .notYetValid }
        if let issued, late < issued { throw .issuedInFuture }
        if let maximumAge {
            guard let issued else { throw .missingClaim }
            let age = early.subtractingReportingOverflow(issued)
            if age.overflow ? early > issued : age.partialValue > max(0, maximumAge) { throw .tooOld }
        }
    }

    @inline(__always)
    private func time(_ claims: JSONObject, _ name: MemberName) throws(VerificationError) -> Int64? {
        guard let value = claims.member(name) else { return nil }
        guard let seconds = value.floor else { throw .invalidClaim }
        return seconds
    }

    private func checkPresence(_ name: [UInt8], _ claims: JSONObject) throws(VerificationError) {
        guard let value = name.withUnsafeBufferPointer({ claims.member(named: $0) }), value.kind != .null else {
            throw .missingClaim
        }
    }

    private func checkScopes(_ claims: JSONObject) throws(VerificationError) {
        let scope = claims.member(.scope)
        let scp = claims.member(.scp)
        for wanted in scopes {
            let inScope = try scope?.grants(wanted, separated: true) ?? false
            let inScp = try scp?.grants(wanted, separated: true) ?? false
            guard inScope || inScp else { throw .insufficientScope }
        }
    }

    private func checkRoles(_ claims: JSONObject) throws(VerificationError) {
        var value: JSONValue?
        for (depth, name) in path.enumerated() {
            var next: JSONValue?
            name.withUnsafeBufferPointer { name in
                if depth == 0 {
                    next = claims.member(named: name)
                } else if let value, value.kind == .object {
                    value.forEach {
                        if $0.isNamed(name) { next = $0 }
                        return next == nil
                    }
                }
            }
            value = next
        }
        for wanted in roles {
            guard try value?.grants(wanted, separated: false) ?? false else { throw .insufficientRole }
        }
    }
}

extension JSONValue {
    /// Whether a string or an array of strings contains `wanted`; with `separated`, as one of the words of a string.
    /// Another type, or an array with anything but strings, is an invalid claim.
    fileprivate func grants(_ wanted: [UInt8], separated: Bool) throws(VerificationError) -> Bool {
        if isString { return wanted.withUnsafeBufferPointer { separated ? hasWord($0) : isString($0) } }
        guard kind == .array else { throw .invalidClaim }
        var found = false
        var valid = true
        forEach { element in
            valid = element.isString
            if valid, !found { found = wanted.withUnsafeBufferPointer { element.isString($0) } }
            return valid
        }
        guard valid else { throw .invalidClaim }
        return found
    }

    /// RFC 6749 §3.3: words between single spaces, compared exactly. Scope characters need no escape but `\` and `"`,
    /// which a scope cannot contain; a string with escapes is compared after unescaping.
    private func hasWord(_ word: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !isEscaped else {
            return string?.split(separator: " ").contains { $0.utf8.elementsEqual(word) } ?? false
        }
        var rest = UnsafeBufferPointer(start: bytes, count: count)[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: " ")) ?? rest.endIndex
            if rest[..<end].elementsEqual(word) { return true }
            rest = rest[min(end + 1, rest.endIndex)...]
        }
        return false
    }
}
