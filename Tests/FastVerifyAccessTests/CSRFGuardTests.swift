import FastVerify
import HTTPTypes
import Testing

@testable import FastVerifyAccess

struct CSRFGuardTests {
    private static let site = "https://app.example"
    private static let tokens = try! CSRFTokens(secret: Array(repeating: 7, count: 32))
    private let protection = CSRFGuard(
        origins: [WebOrigin(site)!, WebOrigin("https://partner.example:8443")!], tokens: tokens)

    /// Why a request is refused. `token` stands in the cookie and in the field unless these are given.
    private func reason(
        _ method: HTTPRequest.Method = .post, origin: String? = site, site: String? = nil, referer: String? = nil,
        token: String? = tokens.token(for: "s"), cookie: String? = nil, field: String? = nil, session: String = "s",
        submitted: String? = nil, upgrade: String? = nil, by other: CSRFGuard? = nil
    ) -> String? {
        var request = HTTPRequest(method: method, scheme: "https", authority: "app.example", path: "/")
        request.headerFields[.origin] = origin
        request.headerFields[HTTPField.Name("Sec-Fetch-Site")!] = site
        request.headerFields[.referer] = referer
        request.headerFields[.upgrade] = upgrade
        if let cookie = cookie ?? token { request.headerFields[.cookie] = "a=b; __Host-csrf=\(cookie)" }
        if submitted == nil, let field = field ?? token {
            request.headerFields[HTTPField.Name("X-CSRF-Token")!] = field
        }
        do throws(Refusal) {
            try (other ?? protection).check(request, session: session, submitted: submitted)
            return nil
        } catch {
            #expect(error.answer == .forbidden || error.answer == .invalidRequest)
            return error.reason.description
        }
    }

    @Test func safeMethodsPass() {
        for method in [HTTPRequest.Method.get, .head, .options, .trace] {
            #expect(reason(method, origin: "https://evil.example", site: "cross-site", token: nil) == nil)
        }
        for method in [HTTPRequest.Method.post, .put, .patch, .delete, .connect, HTTPRequest.Method("QUERY")!] {
            #expect(reason(method, origin: "https://evil.example") == "origin_not_allowed")
            #expect(reason(method) == nil)
        }
    }

    @Test func origins() {
        for origin in [
            "null", "", "http://app.example", "https://app.example:444", "https://evil.example",
            "https://app.example.evil",
            "https://app.example/", "https://evil.example/https://app.example", "https://app.example@evil.example",
        ] {
            #expect(reason(origin: origin) == "origin_not_allowed", "\(origin)")
            #expect(reason(origin: origin, site: "same-origin") == "origin_not_allowed", "both must be right")
        }
        for origin in ["https://APP.example:443", "https://partner.example:8443"] {
            #expect(reason(origin: origin) == nil)
        }
    }

    @Test func fetchMetadata() {
        #expect(reason(origin: nil, site: "same-origin") == nil && reason(origin: nil, site: "none") == nil)
        for site in ["same-site", "cross-site", "", "Same-Origin", "other"] {
            #expect(reason(origin: nil, site: site) == "origin_not_allowed", "\(site)")
        }
        #expect(reason(origin: "https://partner.example:8443", site: "cross-site") == nil, "allowed by its origin")
        #expect(reason(site: "other") == "origin_not_allowed")
    }

    @Test func referrer() {
        #expect(reason(origin: nil, referer: "https://app.example/a?b#c") == nil)
        for referer in [
            nil, "", "https://evil.example/https://app.example/", "https://app.example.evil/", "app.example",
        ] {
            #expect(reason(origin: nil, referer: referer) == "origin_unknown", "\(referer ?? "none")")
        }
        #expect(reason(origin: "https://evil.example", referer: "https://app.example/") == "origin_not_allowed")
        #expect(reason(origin: nil, site: "cross-site", referer: "https://app.example/") == "origin_not_allowed")
    }

    @Test func tokensOfASession() {
        let token = Self.tokens.token(for: "s")
        #expect(reason(token: nil) == "csrf_token_missing")
        #expect(
            reason(token: nil, cookie: token) == "csrf_token_missing"
                && reason(token: nil, field: token) == "csrf_token_missing")
        #expect(reason(field: Self.tokens.token(for: "s")) == "csrf_token_wrong", "another token than the cookie's")
        #expect(reason(token: Self.tokens.token(for: "t")) == "csrf_token_wrong", "planted from another session")
        #expect(reason(token: try! CSRFTokens().token(for: "s")) == "csrf_token_wrong", "another secret")
        #expect(reason(token: Self.tokens.token(for: ""), session: "") == "csrf_token_wrong", "no session")
        for text in [
            "", "AAAA", String(token.dropLast()), token + "A", token + "=", String(repeating: "A", count: 200),
        ] {
            #expect(reason(token: text) == "csrf_token_wrong", "\(text)")
        }
        #expect(
            reason(submitted: token) == "csrf_token_wrong" && reason(token: nil, cookie: token, submitted: token) == nil
        )
        var changed = Array(token.utf8)
        changed[3] = changed[3] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(reason(token: String(decoding: changed, as: UTF8.self)) == "csrf_token_wrong")
        #expect(Self.tokens.token(for: "s") != token && token.utf8.count == 64)
        #expect(reason(token: "\(token); __Host-csrf=\(token)", field: token) == "cookie_repeated")
    }

    /// Moving a byte from one part to the next, or to another use of the secret, makes another message.
    @Test func partsHaveBoundaries() throws {
        let secret = Array(repeating: UInt8(7), count: 32)
        let authentication = try MessageAuthentication(secret: secret, purpose: "a")
        let tags = [
            authentication.tag([[1, 2], [3]]), authentication.tag([[1], [2, 3]]), authentication.tag([[1, 2, 3]]),
            authentication.tag([[], [1, 2, 3]]),
            try MessageAuthentication(secret: secret, purpose: "a\u{1}").tag([[2], [3]]),
        ]
        #expect(Set(tags).count == tags.count)
        let random = Array(repeating: UInt8(ascii: "x"), count: 16)
        #expect(Self.tokens.isValid(Self.tokens.token(for: "s", random: random), for: "s"))
    }

    /// All pairs of three bytes of two bits each: a difference in one place is never cancelled by another.
    @Test func comparison() {
        let texts = (0..<64).map { [UInt8($0 & 3), UInt8($0 >> 2 & 3), UInt8($0 >> 4)] }
        let wrong = texts.reduce(0) { sum, a in
            sum + texts.count { MessageAuthentication.equals(a, $0) != (a == $0) }
        }
        #expect(wrong == 0)
        #expect(!MessageAuthentication.equals(texts[9], texts[9].dropLast()) && !MessageAuthentication.equals([], [0]))
    }

    @Test func originsAlone() throws {
        let alone = CSRFGuard(origins: [WebOrigin(Self.site)!], tokens: nil)
        #expect(reason(token: nil, by: alone) == nil)
        #expect(reason(origin: "https://evil.example", token: nil, by: alone) == "origin_not_allowed")
        #expect(try alone.cookie(for: "s") == nil)
    }

    /// A browser sends cookies along with a WebSocket handshake of any page.
    @Test func handshakes() {
        for upgrade in ["websocket", "h2c, WebSocket"] {
            #expect(reason(.get, token: nil, upgrade: upgrade) == nil)
            #expect(reason(.get, origin: "https://evil.example", token: nil, upgrade: upgrade) == "origin_not_allowed")
            #expect(reason(.get, origin: nil, referer: Self.site, token: nil, upgrade: upgrade) == "origin_not_allowed")
        }
        #expect(reason(.get, origin: "https://evil.example", token: nil, upgrade: "h2c") == nil)
        var request = HTTPRequest(method: .connect, scheme: "https", authority: "app.example", path: "/")
        request.extendedConnectProtocol = "websocket"
        #expect(throws: Refusal(.forbidden, "origin_not_allowed")) { try protection.check(request, session: "s") }
        request.headerFields[.origin] = Self.site
        #expect(throws: Never.self) { try protection.check(request, session: "s") }
    }

    @Test func formsOfItsOwnPages() {
        func reason(_ submitted: String, origin: String = Self.site, by other: CSRFGuard? = nil) -> String? {
            var request = HTTPRequest(method: .post, scheme: "https", authority: "app.example", path: "/")
            request.headerFields[.origin] = origin
            do throws(Refusal) {
                try (other ?? protection).checkForm(of: request, session: "s", submitted: submitted)
                return nil
            } catch {
                return error.reason.description
            }
        }
        #expect(reason(Self.tokens.token(for: "s")) == nil)
        for wrong in ["", "x", Self.tokens.token(for: "t")] { #expect(reason(wrong) == "csrf_token_wrong") }
        #expect(reason(Self.tokens.token(for: "s"), origin: "https://evil.example") == "origin_not_allowed")
        let alone = CSRFGuard(origins: [WebOrigin(Self.site)!], tokens: nil)
        #expect(reason("", by: alone) == nil && reason("", origin: "null", by: alone) == "origin_not_allowed")
    }

    @Test func theCookieOfAToken() throws {
        let cookie = try #require(try protection.cookie(for: "s", maximumAge: 60))
        #expect(
            cookie.name == "__Host-csrf" && !cookie.isHTTPOnly && cookie.sameSite == .strict && cookie.scope == .host)
        #expect(reason(token: cookie.value) == nil)
        let plain = CSRFGuard(origins: [], tokens: Self.tokens, cookieName: "csrf")
        #expect(try plain.cookie(for: "s")?.name == "csrf")
    }
}
