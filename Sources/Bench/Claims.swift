import FastVerify

/// The claims of an invented token, and the policy that accepts it.
struct Claims {
    /// Which claims there are.
    enum Shape: String, Codable, CaseIterable {
        /// What an API gets: who, for whom, until when, and what for.
        case accessToken = "access token"
        /// No more than the policy needs.
        case small
        /// OpenID Connect Core §2, 14 claims.
        case idToken = "id token"
    }

    static let issuer = "https://id.example"
    static let audience = "orders"
    /// When all tokens of a workload are valid, 2026-01-01 00:50 UTC. Measurements use a clock that stands there, so that
    /// a seed means the same claims on any day.
    static let now: Int64 = 1_767_225_600 + 3000

    var issuer = Self.issuer
    var audience = Self.audience
    /// JSON, so that corpora can put a wrong type here.
    var expiration: String
    var notBefore: Int64
    let issuedAt: Int64
    let subject: String
    let tokenID: String
    var scopes: [String]
    let roles: [String]
    let tenant: String
    let email: String
    /// A member repeated at the end, for corpora.
    var repeated = ""
    private let shape: Shape
    private let nonce: String
    private let accessTokenHash: String

    init(_ random: inout Random, at moment: Moment, shape: Shape = .accessToken) {
        self.shape = shape
        issuedAt = moment.now - Int64.random(in: 0..<3000, using: &random)
        notBefore = issuedAt
        expiration = String(issuedAt + 3600 + moment.slack)
        subject = Self.uuid(&random)
        tokenID = Base64URL.encode(random.bytes(16))
        scopes = [Self.scopeNames.randomElement(using: &random)!]
        roles = [Self.roleNames.randomElement(using: &random)!]
        tenant = "t\(Int.random(in: 100...99_999, using: &random))"
        let given = Self.givenNames.randomElement(using: &random)!
        email = "\(given).\(Int.random(in: 1...9999, using: &random))@mail.example"
        nonce = shape == .idToken ? Base64URL.encode(random.bytes(16)) : ""
        accessTokenHash = shape == .idToken ? Base64URL.encode(random.bytes(16)) : ""
    }

    /// Compact JSON in the usual order.
    var json: String {
        switch shape {
        case .accessToken: accessToken
        case .small: "{\"iss\":\"\(issuer)\",\"sub\":\"\(tenant)\",\"aud\":\"\(audience)\",\"exp\":\(expiration)}"
        case .idToken: idToken
        }
    }

    private var accessToken: String {
        """
        {"iss":"\(issuer)","sub":"\(subject)","aud":"\(audience)","exp":\(expiration),"nbf":\(notBefore),\
        "iat":\(issuedAt),"jti":"\(tokenID)","scope":"\(scopes.joined(separator: " "))",\
        "roles":[\(roles.map { "\"\($0)\"" }.joined(separator: ","))],"tenant":"\(tenant)","email":"\(email)"\(repeated)}
        """
    }

    private var idToken: String {
        """
        {"iss":"\(issuer)","sub":"\(subject)","aud":"\(audience)","exp":\(expiration),"iat":\(issuedAt),\
        "auth_time":\(issuedAt - 40),"nonce":"\(nonce)","acr":"urn:example:loa:2","amr":["pwd","otp"],\
        "azp":"\(audience)","at_hash":"\(accessTokenHash)","sid":"\(tokenID)","name":"\(tenant) \(roles[0])",\
        "email":"\(email)"}
        """
    }

    /// Adds scopes to an access token as long as the JSON stays within `size` bytes.
    mutating func fill(to size: Int, _ random: inout Random) {
        var left = size - json.utf8.count
        while true {
            let verb = Self.scopeNames.randomElement(using: &random)!
            let scope = "\(verb).\(Int.random(in: 10...99, using: &random))"
            guard left > scope.utf8.count else { return }
            scopes.append(scope)
            left -= scope.utf8.count + 1
        }
    }

    static func policy(_ algorithm: Algorithm) -> ClaimPolicy {
        ClaimPolicy(issuer: issuer, audience: audience, algorithms: AlgorithmSet(algorithm))
    }

    private static func uuid(_ random: inout Random) -> String {
        var bytes = random.bytes(16)
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }

    private static let scopeNames = [
        "orders:read", "orders:write", "invoices:read", "profile", "stock:read", "users:list",
    ]
    private static let roleNames = ["user", "admin", "clerk", "auditor"]
    private static let givenNames = ["ada", "alan", "barbara", "edsger", "grace", "kurt", "leslie", "tony"]
}

/// The time at which a workload is verified.
struct Moment: Equatable {
    let now: Int64
    /// Seconds by which the tokens of a corpus keep or miss the bounds of their lifetime: 0 where the clock stands still.
    let slack: Int64

    static let fixed = Moment(now: Claims.now, slack: 0)
}
