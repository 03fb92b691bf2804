internal import FastVerify
public import HTTPTypes

/// Keeps other sites from acting with a user's cookies: for requests whose credential is a cookie, because the browser adds it
/// whoever asks. Tokens from `Authorization` need no guard.
///
/// Two checks, each sufficient alone against a correct browser: where the request comes from, and a token that only pages of
/// this site can read. Safe to share between threads.
public struct CSRFGuard: Sendable {
    /// The origins whose pages may call: this site's own, and others that it trusts.
    public let origins: Set<WebOrigin>
    /// `nil` relies on the origin alone.
    public let tokens: CSRFTokens?
    /// The field that scripts send the token in.
    public let fieldName: HTTPField.Name
    /// The cookie that they read it from, with its prefix.
    public let cookieName: String
    /// The hidden field in which forms without a script send it (application/x-www-form-urlencoded); `nil` reads no form.
    public let formField: String?

    public init(
        origins: Set<WebOrigin>, tokens: CSRFTokens?, fieldName: HTTPField.Name = HTTPField.Name("X-CSRF-Token")!,
        cookieName: String = "__Host-csrf", formField: String? = nil
    ) {
        self.origins = origins
        self.tokens = tokens
        self.fieldName = fieldName
        self.cookieName = cookieName
        self.formField = formField
    }

    /// What the CSRF token of a session is bound to where a cookie holds an access token: its digest, which nobody else has, and
    /// which changes at login and with each refresh.
    public static func session(of token: String) -> String { SHA256Digest(of: Array(token.utf8)).base64URL }

    /// Checks where a request comes from that has no session yet: a login, which another site must not be able to make with an
    /// account of its own.
    ///
    /// - Throws: `forbidden`.
    public func checkOrigin(of request: HTTPRequest) throws(Refusal) {
        try checkOrigin(request.headerFields, isHandshake: Self.isHandshake(request))
    }

    /// Checks a request whose credential is a cookie.
    ///
    /// Safe methods pass (RFC 9110 §9.2.1), except the handshake of a WebSocket, which no browser keeps from other origins: its
    /// origin is checked, and no token asked for, since scripts cannot add a field to it.
    ///
    /// - Parameters:
    ///   - session: What the token is bound to; see `CSRFTokens.token(for:)`.
    ///   - submitted: The token from a hidden field of a form, where the site has no script to send it in a field.
    /// - Throws: `forbidden`.
    public func check(_ request: HTTPRequest, session: String, submitted: String? = nil) throws(Refusal) {
        let isHandshake = Self.isHandshake(request)
        guard isHandshake || ![.get, .head, .options, .trace].contains(request.method) else { return }
        try checkOrigin(request.headerFields, isHandshake: isHandshake)
        guard let tokens, !isHandshake else { return }
        let cookie = try RequestCookies(request.headerFields).value(of: cookieName)
        let sent = request.headerFields[values: fieldName]
        guard let cookie, sent.count <= 1, let token = sent.first ?? submitted else {
            throw Refusal(.forbidden, "csrf_token_missing")
        }
        guard MessageAuthentication.equals(token.utf8, cookie.utf8), tokens.isValid(token, for: session) else {
            throw Refusal(.forbidden, "csrf_token_wrong")
        }
    }

    /// Checks a form that this server has written into a page of a session, with `tokens.token(for:)` in a hidden field. Other sites can
    /// read the page as little as a cookie, so the token needs none beside it: a form works without scripts.
    ///
    /// - Throws: `forbidden`.
    public func checkForm(of request: HTTPRequest, session: String, submitted: String) throws(Refusal) {
        try checkOrigin(of: request)
        guard let tokens else { return }
        guard tokens.isValid(submitted, for: session) else { throw Refusal(.forbidden, "csrf_token_wrong") }
    }

    /// The cookie that hands a token to the site's scripts: readable by them, and by them alone.
    public func cookie(for session: String, maximumAge: Int64? = nil) throws(CookieError) -> SetCookie? {
        guard let tokens else { return nil }
        let (scope, name) = SetCookie.Scope.named(cookieName)
        return try SetCookie(
            name, tokens.token(for: session), scope: scope, sameSite: .strict, isHTTPOnly: false,
            maximumAge: maximumAge)
    }

    // MARK: Origin

    /// `Origin` and `Sec-Fetch-Site`, which pages cannot forge, must both be right where they are there; `Referer` stands in
    /// for a browser that sends neither. A request with none of the three is refused: no browser of today sends one.
    private func checkOrigin(_ fields: HTTPFields, isHandshake: Bool) throws(Refusal) {
        let origin = fields[values: .origin]
        guard origin.count <= 1 else { throw Refusal(.forbidden, "origin_repeated") }
        if let text = origin.first {
            // `null` is nobody's: a sandboxed frame, or a redirect between sites.
            guard let origin = WebOrigin(text), origins.contains(origin) else {
                throw Refusal(.forbidden, "origin_not_allowed")
            }
        }
        let sites = fields[values: HTTPField.Name("Sec-Fetch-Site")!]
        guard sites.count <= 1 else { throw Refusal(.forbidden, "origin_repeated") }
        switch (sites.first, origin.first) {
        case ("same-origin", _), ("none", _): return
        // Another site, or another host of this one: allowed by its origin or not at all.
        case ("same-site", .some), ("cross-site", .some), (nil, .some): return
        case (nil, nil) where !isHandshake:
            let referrers = fields[values: .referer]
            guard referrers.count == 1, let origin = WebOrigin(of: referrers[0]), origins.contains(origin) else {
                throw Refusal(.forbidden, "origin_unknown")
            }
        default: throw Refusal(.forbidden, "origin_not_allowed")
        }
    }

    /// RFC 6455 §4.1, and RFC 8441 §4 for HTTP/2.
    private static func isHandshake(_ request: HTTPRequest) -> Bool {
        if request.method == .connect { return request.extendedConnectProtocol == "websocket" }
        return request.headerFields[values: .upgrade].contains { value in
            value.utf8.split(separator: UInt8(ascii: ",")).contains { $0.trimmed.equalsIgnoringCase("websocket") }
        }
    }
}
