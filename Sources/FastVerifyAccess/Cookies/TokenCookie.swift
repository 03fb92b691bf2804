internal import FastVerify
public import HTTPTypes

/// The cookie that holds a browser's token, and what keeps other sites from acting with it.
///
///     let session = TokenCookie("__Host-token", guardedBy: CSRFGuard(origins: [site], tokens: tokens))
///     policy.sources.cookie = session                                       // requests: read and guarded
///     response.headers += try session.fields(token: token, maximumAge: 900) // login: both cookies
///     response.headers += try session.deletions()                           // logout
///
/// There is none without a guard but the one that says so.
public struct TokenCookie: Sendable {
    /// With its prefix; compared exactly.
    public let name: String
    /// `nil` for one that is dangerously unguarded.
    public let csrf: CSRFGuard?
    public let sameSite: SetCookie.SameSite

    private init(_ name: String, _ csrf: CSRFGuard?, _ sameSite: SetCookie.SameSite) {
        self.name = name
        self.csrf = csrf
        self.sameSite = sameSite
    }

    public init(
        _ name: String = "__Host-token", guardedBy csrf: CSRFGuard, sameSite: SetCookie.SameSite = .lax
    ) { self.init(name, csrf, sameSite) }

    /// For an API that other sites cannot reach from a browser, or that changes nothing.
    public static func dangerouslyUnguarded(
        _ name: String = "__Host-token", sameSite: SetCookie.SameSite = .strict
    ) -> TokenCookie { TokenCookie(name, nil, sameSite) }

    /// What a login answers with: the cookie with the token, out of reach of scripts, and the one with the CSRF token that is
    /// bound to it, for them. Both are to be set anew with each token.
    ///
    /// - Parameter maximumAge: seconds; `nil` until the browser ends.
    /// - Throws: `tooLarge` for a token that no cookie has room for.
    public func fields(token: String, maximumAge: Int64? = nil) throws(CookieError) -> HTTPFields {
        var fields: HTTPFields = [:]
        fields.append(try cookie(token, maximumAge).field)
        if let csrf = try csrf?.cookie(for: CSRFGuard.session(of: token), maximumAge: maximumAge) {
            fields.append(csrf.field)
        }
        return fields
    }

    /// What a logout answers with: both cookies are forgotten.
    public func deletions() throws(CookieError) -> HTTPFields {
        var fields: HTTPFields = [:]
        fields.append(try cookie("", nil).deletion.field)
        if let csrf = try csrf?.cookie(for: "none") { fields.append(csrf.deletion.field) }
        return fields
    }

    private func cookie(_ token: String, _ maximumAge: Int64?) throws(CookieError) -> SetCookie {
        let (scope, bare) = SetCookie.Scope.named(name)
        return try SetCookie(bare, token, scope: scope, sameSite: sameSite, maximumAge: maximumAge)
    }
}

extension SetCookie.Scope {
    /// The scope that the prefix of a name promises, for this host, and the name without it.
    static func named(_ name: String) -> (SetCookie.Scope, String) {
        for scope in [SetCookie.Scope.host, .secure()] where name.hasPrefix(scope.prefix) {
            return (scope, String(name.dropFirst(scope.prefix.count)))
        }
        return (.plain(), name)
    }
}
