internal import FastVerifyAccess
internal import HTTPTypes
internal import TokenService

/// The refresh token of a browser in a cookie that only `/api/auth` gets and no script can read, and the token beside it that shows that
/// a request comes from a page of this site.
struct RefreshCookies: Sendable {
    let csrf: CSRFGuard
    private static let scope = SetCookie.Scope.secure(path: "/api/auth")
    private static let name = "refresh"

    /// The session's name comes along, because the other token is bound to it; only the refresh token opens anything.
    func fields(for grant: TokenIssuer.Grant) throws -> HTTPFields {
        let cookie = try SetCookie(
            Self.name, "\(grant.sessionID)~\(grant.refreshToken)", scope: Self.scope, sameSite: .strict,
            maximumAge: grant.sessionExpiresIn)
        var fields: HTTPFields = [:]
        fields.append(cookie.field)
        if let token = try csrf.cookie(for: grant.sessionID, maximumAge: grant.sessionExpiresIn) {
            fields.append(token.field)
        }
        return fields
    }

    func deletions() throws -> HTTPFields {
        var fields: HTTPFields = [:]
        fields.append(try SetCookie(Self.name, "", scope: Self.scope, sameSite: .strict).deletion.field)
        if let token = try csrf.cookie(for: "none") { fields.append(token.deletion.field) }
        return fields
    }

    /// The refresh token of a request of a page of this site; `nil` without a cookie.
    ///
    /// - Throws: `Refusal` for a request that another site may have caused.
    func token(of request: HTTPRequest) throws -> String? {
        let value = try RequestCookies(request.headerFields).value(of: Self.scope.prefix + Self.name)
        guard let value, let end = value.firstIndex(of: "~") else { return nil }
        try csrf.check(request, session: String(value[..<end]))
        return String(value[value.index(after: end)...])
    }
}
