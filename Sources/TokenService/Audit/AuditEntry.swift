internal import FastVerify

/// Who did what to whom, and from where. Holds no token and no secret.
public struct AuditEntry: Sendable, Hashable {
    /// What happened; names of a fixed set, for whoever reads the log by program.
    public enum Action: String, Sendable, CaseIterable {
        case login, loginFailed = "login_failed", refresh, refreshReused = "refresh_reused"
        case refreshRefused = "refresh_refused", deviceChanged = "device_changed", addressChanged = "address_changed"
        case logout, sessionEnded = "session_ended", tokenRevoked = "token_revoked", clientToken = "client_token"
        case clientRefused = "client_refused"
        case userAdded = "user_added", userChanged = "user_changed", passwordChanged = "password_changed"
        case clientAdded = "client_added", clientChanged = "client_changed"
        case tenantRevoked = "tenant_revoked"
        case keyAdded = "key_added", keyRotated = "key_rotated", keyRevoked = "key_revoked", restored
    }

    public var at: Int64
    public var action: Action
    /// Who: a user's id, a client's id, or `operator`; `nil` where nobody is known.
    public var actor: String?
    /// To whom or what, where that is another: a session, a user, a key.
    public var object: String?
    /// The address that it came from.
    public var origin: String?
    /// `jti` of the token that was issued or taken back.
    public var tokenID: String?
    /// A word about why.
    public var detail: String?

    public init(
        at: Int64, _ action: Action, actor: String? = nil, object: String? = nil, origin: String? = nil,
        tokenID: String? = nil, detail: String? = nil
    ) {
        self.at = at
        self.action = action
        self.actor = actor
        self.object = object
        self.origin = origin
        self.tokenID = tokenID
        self.detail = detail
    }

    /// One line of JSON, members always in this order.
    func json(number: Int64) -> String {
        let texts: [(String, String?)] = [
            ("what", action.rawValue), ("who", actor), ("object", object), ("from", origin), ("jti", tokenID),
            ("detail", detail),
        ]
        let members = texts.compactMap { name, value in value.map { ",\"\(name)\":\(JSONText.quoted($0))" } }
        return "{\"number\":\(number),\"at\":\(at)\(members.joined())}"
    }
}
