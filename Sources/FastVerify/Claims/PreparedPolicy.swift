/// Strings to compare with, as bytes in an arena.
typealias NameList = UnsafeBufferPointer<UnsafeBufferPointer<UInt8>>

/// A claim policy laid out for the hot path: plain values and pointers into the verifier's memory, so that a check counts
/// no references. The order of the checks is that of the cases of `VerificationError`.
struct PreparedPolicy: BitwiseCopyable {
    private let issuers: NameList?
    private let audiences: NameList?
    private let required: NameList
    private let scopes: NameList
    private let roles: NameList
    private let rolesPath: NameList
    private let requiresExpiration: Bool
    private let leeway: Int64
    private let maximumAge: Int64?

    /// `arena` must outlive the result.
    init(_ policy: ClaimPolicy, in arena: inout Arena) {
        issuers = policy.issuer.names.map { arena.names($0) }
        audiences = policy.audience.names.map { arena.names($0) }
        required = arena.names(policy.requiredClaims)
        scopes = arena.names(policy.requiredScopes)
        roles = arena.names(policy.requiredRoles)
        rolesPath = arena.names(policy.rolesPath)
        requiresExpiration = policy.requiresExpiration
        leeway = max(0, policy.leeway)
        maximumAge = policy.maximumAge.map { max(0, $0) }
    }

    /// Whether the policy trusts tokens of this `iss`.
    @inline(__always)
    func trusts(_ issuer: JSONValue?) -> Bool {
        guard let issuers else { return true }
        guard let issuer else { return false }
        return issuers.contains { issuer.isString($0) }
    }

    /// Everything but `iss`, which was checked before the key was looked up, and the policy's own predicates.
    /// Allocates nothing.
    @inline(__always)
    func check(_ claims: JSONObject, now: Int64) throws(VerificationError) {
        guard claims.member(.iss)?.isString ?? true, claims.member(.sub)?.isString ?? true,
            claims.member(.jti)?.isString ?? true
        else { throw .invalidClaim }
        try checkAudience(claims.member(.aud))
        try checkTime(claims, now: now)
        for name in required {
            guard let value = claims.member(named: name), value.kind != .null else { throw .missingClaim }
        }
        if !scopes.isEmpty { try checkScopes(claims) }
        if !roles.isEmpty { try checkRoles(claims) }
    }

    /// RFC 7519 §4.1.3: a string or an array of strings, one of which is the audience.
    @inline(__always)
    private func checkAudience(_ value: JSONValue?) throws(VerificationError) {
        guard let value else {
            if audiences != nil { throw .wrongAudience }
            return
        }
        guard try value.contains(where: { element in audiences?.contains { element.isString($0) } ?? true }) else {
            // An empty array names nobody, not even anybody.
            throw .wrongAudience
        }
    }

    /// RFC 7519 §4.1.4–4.1.6: a token lives while nbf ≤ now < exp.
    @inline(__always)
    func checkTime(_ claims: JSONObject, now: Int64) throws(VerificationError) {
        let early = now.subtractingSaturated(leeway)
        let late = now.addingSaturated(leeway)
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
            if age.overflow ? early > issued : age.partialValue > maximumAge { throw .tooOld }
        }
    }

    /// Seconds from `now` on in which `checkTime` goes on accepting claims that it accepts now, by a clock that runs evenly.
    func life(of claims: JSONObject, now: Int64) -> Int64 {
        var end = Int64.max
        if let expiration = claims.member(.exp)?.floor { end = expiration.addingSaturated(leeway) }
        if let maximumAge, let issued = claims.member(.iat)?.floor {
            end = min(end, issued.addingSaturated(maximumAge).addingSaturated(leeway).addingSaturated(1))
        }
        return end == .max ? .max : max(0, end.subtractingSaturated(now))
    }

    @inline(__always)
    private func time(_ claims: JSONObject, _ name: MemberName) throws(VerificationError) -> Int64? {
        guard let value = claims.member(name) else { return nil }
        guard let seconds = value.floor else { throw .invalidClaim }
        return seconds
    }

    private func checkScopes(_ claims: JSONObject) throws(VerificationError) {
        let scope = claims.member(.scope)
        let scp = claims.member(.scp)
        for wanted in scopes {
            let inScope = try scope?.grants(wanted) ?? false
            let inScp = try scp?.grants(wanted) ?? false
            guard inScope || inScp else { throw .insufficientScope }
        }
    }

    private func checkRoles(_ claims: JSONObject) throws(VerificationError) {
        var value = rolesPath.first.flatMap { claims.member(named: $0) }
        for name in rolesPath.dropFirst() { value = value?.member(named: name) }
        for wanted in roles {
            guard try value?.contains(where: { $0.isString(wanted) }) ?? false else { throw .insufficientRole }
        }
    }
}

extension JSONValue {
    /// Whether a string, or any element of an array of strings, satisfies the test. Another type, or an array with
    /// anything but strings, is an invalid claim.
    @inline(__always)
    fileprivate func contains(where test: (JSONValue) -> Bool) throws(VerificationError) -> Bool {
        if isString { return test(self) }
        guard kind == .array else { throw .invalidClaim }
        var found = false
        var valid = true
        forEach { element in
            valid = element.isString
            found = found || valid && test(element)
            return valid
        }
        guard valid else { throw .invalidClaim }
        return found
    }

    /// Whether the words of a string (RFC 6749 §3.3), or the elements of an array, contain `scope`.
    func grants(_ scope: UnsafeBufferPointer<UInt8>) throws(VerificationError) -> Bool {
        isString ? hasWord(scope) : try contains { $0.isString(scope) }
    }

    /// A scope cannot contain `\` or `"`, so an escape in a word is needless and rare: such a string is unescaped first.
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

extension Int64 {
    func addingSaturated(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    func subtractingSaturated(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}

extension Arena {
    /// Copies strings into the arena.
    fileprivate mutating func names(_ strings: [String]) -> NameList {
        let list = allocate(max(1, strings.count) * MemoryLayout<UnsafeBufferPointer<UInt8>>.stride)
            .bindMemory(to: UnsafeBufferPointer<UInt8>.self, capacity: strings.count)
        for (position, string) in strings.enumerated() {
            let bytes = Array(string.utf8)
            let copy = allocate(max(1, bytes.count)).bindMemory(to: UInt8.self, capacity: bytes.count)
            copy.initialize(from: bytes, count: bytes.count)
            (list + position).initialize(to: UnsafeBufferPointer(start: copy, count: bytes.count))
        }
        return NameList(start: list, count: strings.count)
    }
}
