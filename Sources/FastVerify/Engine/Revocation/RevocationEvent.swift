/// Takes back tokens that an issuer has issued: one token, or all that were issued before a moment and belong together.
///
/// As text, one JSON object (RFC 8259), by the names of the claims; other members are ignored:
///
///     {"iss":"https://id.example","jti":"f9…","exp":1800000900}
///     {"iss":"https://id.example","sub":"alice","not_before":1800000000}
///
/// `sid`, `tenant` or `kid` may stand in the place of `sub`, or nothing at all: then every token of the issuer is meant.
/// Exactly one token needs `exp`; the others may have it, and are kept forever without.
public struct RevocationEvent: Sendable, Hashable {
    public enum Target: Sendable, Hashable {
        /// The token with this `jti`.
        case token(id: String)
        /// All of a `sub`.
        case subject(String, issuedBefore: Int64)
        /// All of a `sid` (OpenID Connect Front-Channel Logout §3).
        case session(String, issuedBefore: Int64)
        /// All of a tenant, by the claim that the set is told of.
        case tenant(String, issuedBefore: Int64)
        /// All that the key with this `kid` of the key set verifies.
        case key(String, issuedBefore: Int64)
        /// All of the issuer.
        case everything(issuedBefore: Int64)
    }

    /// The tokens' `iss`; empty for tokens without one.
    public var issuer: String
    public var target: Target
    /// NumericDate from which no such token is accepted anyway, its `exp`; the rule may then be forgotten. `nil`: never.
    public var expiration: Int64?

    public init(issuer: String, _ target: Target, expiration: Int64?) {
        self.issuer = issuer
        self.target = target
        self.expiration = expiration
    }

    /// Reads one event; `malformedEvent` for anything else.
    public init(json: [UInt8]) throws(RevocationError) {
        var reader = RevocationReader()
        self = try json.span.bytes.withUnsafeBytes { json throws(RevocationError) in
            RevocationEvent(try reader.rule(json))
        }
    }

    /// The event as one line of JSON, without its end.
    public var json: String {
        withRule { rule in
            var text: [UInt8] = []
            rule.write(to: &text)
            return String(decoding: text, as: UTF8.self)
        }
    }

    init(_ rule: RevocationRule) {
        let name = String(decoding: rule.identifier, as: UTF8.self)
        issuer = String(decoding: rule.issuer, as: UTF8.self)
        switch rule.kind {
        case .token: target = .token(id: name)
        case .subject: target = .subject(name, issuedBefore: rule.notBefore)
        case .session: target = .session(name, issuedBefore: rule.notBefore)
        case .tenant: target = .tenant(name, issuedBefore: rule.notBefore)
        case .key: target = .key(name, issuedBefore: rule.notBefore)
        case .issuer, .free: target = .everything(issuedBefore: rule.notBefore)
        }
        expiration = rule.until == .max ? nil : rule.until
    }

    func withRule<T, E: Error>(_ body: (RevocationRule) throws(E) -> T) throws(E) -> T {
        let (kind, name, notBefore): (RevocationKind, String, Int64) =
            switch target {
            case .token(let id): (.token, id, .min)
            case .subject(let name, let time): (.subject, name, time)
            case .session(let name, let time): (.session, name, time)
            case .tenant(let name, let time): (.tenant, name, time)
            case .key(let name, let time): (.key, name, time)
            case .everything(let time): (.issuer, issuer, time)
            }
        let (issuer, identifier) = (Array(issuer.utf8), Array(name.utf8))
        return try issuer.span.bytes.withUnsafeBytes { issuer throws(E) in
            try identifier.span.bytes.withUnsafeBytes { identifier throws(E) in
                try body(
                    RevocationRule(
                        kind: kind, issuer: issuer, identifier: identifier, notBefore: notBefore,
                        until: expiration ?? .max))
            }
        }
    }
}
