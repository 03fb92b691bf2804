import HTTPTypes
import Testing

@testable import FastVerifyAccess

struct SetCookieTests {
    private func text(
        _ name: String = "a", _ value: String = "b", _ scope: SetCookie.Scope = .host,
        sameSite: SetCookie.SameSite = .lax, isPartitioned: Bool = false
    ) -> Result<String, CookieError> {
        Result { () throws(CookieError) in
            try SetCookie(name, value, scope: scope, sameSite: sameSite, isPartitioned: isPartitioned).text
        }
    }

    @Test func text() throws {
        let cookie = try SetCookie("session", "e30.e30.x-_", sameSite: .strict, maximumAge: 900)
        #expect(cookie.text == "__Host-session=e30.e30.x-_; Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Strict")
        #expect(cookie.deletion.text == "__Host-session=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict")
        #expect(cookie.field == HTTPField(name: .setCookie, value: cookie.text))
        let shared = try SetCookie(
            "a", "", scope: .secure(domain: "shop.example", path: "/b"), sameSite: .none, isHTTPOnly: false,
            isPartitioned: true)
        #expect(shared.text == "__Secure-a=; Domain=shop.example; Path=/b; Secure; SameSite=None; Partitioned")
        #expect(text("a", "b", .plain(isSecure: false)) == .success("a=b; Path=/; HttpOnly; SameSite=Lax"))
        #expect(try SetCookie("a", "", maximumAge: -7).text.contains("Max-Age=0;"))
    }

    /// What a browser would read as another cookie, or as more than one thing.
    @Test func whatCannotBeWritten() {
        for name in ["", "a b", "a=b", "a;b", "a\n", "é", "__Host-a", "__host-a", "__Secure-a", "__Http-a", "a\u{0}"] {
            #expect(text(name) == .failure(.name), "\(name)")
        }
        for value in ["a b", "a;b", "a,b", "a\"b", "a\\b", "a\r\nSet-Cookie: x=y", "é", "\u{7f}", "\u{0}"] {
            #expect(text("a", value) == .failure(.value), "\(value)")
        }
        for domain in [
            "", ".", "a..b", "a b", "a;b", "a.example.", "a/b", "é.example", String(repeating: "a", count: 64),
        ] {
            #expect(text("a", "b", .plain(domain: domain)) == .failure(.attribute), "\(domain)")
        }
        for path in ["", "a", "/;", "/\n", "/é"] {
            #expect(text("a", "b", .secure(path: path)) == .failure(.attribute), "\(path)")
        }
        #expect(text("a", "b", .plain(isSecure: false), sameSite: .none) == .failure(.insecure))
        #expect(text("a", "b", .plain(isSecure: false), isPartitioned: true) == .failure(.insecure))
        let long = String(repeating: "a", count: 4096 - "__Host-a".utf8.count)
        #expect(text("a", long) != .failure(.tooLarge) && text("a", long + "a") == .failure(.tooLarge))
        let path = "/" + String(repeating: "a", count: 1024)
        #expect(text("a", "b", .secure(path: path)) == .failure(.tooLarge))
    }
}

struct RequestCookiesTests {
    private func value(_ name: String, _ fields: String..., limits: RequestCookies.Limits = .init()) -> Result<
        String?, Refusal
    > {
        var all = HTTPFields()
        for field in fields { all.append(HTTPField(name: .cookie, value: field)) }
        return Result { () throws(Refusal) in try RequestCookies(all, limits: limits).value(of: name) }
    }

    @Test func values() {
        #expect(value("a", "x=1; a=2;b=3") == .success("2"))
        #expect(value("a", "x=1", "a= \"2\" ") == .success("\"2\""), "HTTP/2 sends several fields")
        #expect(value("a", "A=1; aa=2; b=a=3; a") == .success(nil))
        #expect(value("a", "a==1=") == .success("=1="))
        #expect(value("a") == .success(nil) && value("a", ";;; ;") == .success(nil))
    }

    @Test func twoOfAName() {
        let repeated = Result<String?, Refusal>.failure(Refusal(.invalidRequest, "cookie_repeated"))
        #expect(value("a", "a=1; a=1") == repeated && value("a", "a=1", "b=2;  a=") == repeated)
    }

    @Test func bounds() {
        let limits = RequestCookies.Limits(bytes: 20, pairs: 3)
        #expect(value("a", "a=1;b;c", limits: limits) == .success("1"))
        #expect(value("a", "a=1;b;c;", limits: limits) == .failure(Refusal(.invalidRequest, "too_many_cookies")))
        #expect(
            value("a", "a=1", "b", "c", "d", limits: limits) == .failure(Refusal(.invalidRequest, "too_many_cookies")))
        #expect(
            value("a", "a=1234567890", "123456789", limits: limits)
                == .failure(Refusal(.invalidRequest, "cookies_too_large")))
    }
}
