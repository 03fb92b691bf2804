internal import FastVerifyAccess
internal import HTTPTypes
internal import TokenService

/// The session of the pages: an ordinary session of the issuer, whose refresh token stands in a cookie that no script reads and is shown with each
/// request, never used up (`Presence`).
///
/// `__Host-`, so that neither another host nor an unencrypted answer can plant one: browsers keep it from https, and from http on localhost
/// alone. `Strict`, as an account page need not be open to whoever follows a link of another site: such a visitor sees the login form, and on the
/// next page of this site the sessions again.
enum PageCookie {
    static let name = "__Host-session"
    private static let bare = String(name.dropFirst(SetCookie.Scope.host.prefix.count))

    static func field(for grant: TokenIssuer.Grant) throws(CookieError) -> HTTPField {
        try SetCookie(bare, grant.refreshToken, sameSite: .strict, maximumAge: grant.sessionExpiresIn).field
    }

    static func deletion() throws(CookieError) -> HTTPField {
        try SetCookie(bare, "", sameSite: .strict).deletion.field
    }

    static func token(of request: HTTPRequest) throws(Refusal) -> String? {
        try RequestCookies(request.headerFields).value(of: name)
    }
}
