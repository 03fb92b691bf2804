import AttackCatalogue
import FastVerify
import FastVerifyAccess
import FastVerifyHummingbird
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

/// Browsers' tokens, through a router: cookies that are guarded, and that a login sets in a line.
struct CookieTests {
    private static let site = WebOrigin("https://app.example")!
    private static let token = CatalogueIssuer.token()
    private static let field = HTTPField.Name("X-CSRF-Token")!
    private static let cookie = TokenCookie(
        guardedBy: CSRFGuard(origins: [site], tokens: try! CSRFTokens(), formField: "csrf"))

    private static func application(_ cookie: TokenCookie = cookie) -> some ApplicationProtocol {
        let policy = AccessPolicy(ProtectionSpace(realm: "orders"), sources: CredentialSources(cookie: cookie))
        let router = Router(context: AccessContext.self)
        router.post("login") { request, _ in
            try cookie.csrf?.checkOrigin(of: request.head)
            var response = Response(status: .noContent)
            response.headers += try cookie.fields(token: token, maximumAge: 900)
            return response
        }
        router.post("logout") { _, _ in Response(status: .noContent, headers: try cookie.deletions()) }
        router.add(
            middleware: BearerAuthenticator(
                CatalogueIssuer.verifier(), policy, clock: .fixed(CatalogueIssuer.now)))
        router.get("orders") { _, context in context.identity?.subject ?? "" }
        router.post("orders") { request, context in
            "\(context.identity?.subject ?? "") \(try await request.body.collect(upTo: 1 << 20).readableBytes)"
        }
        return Application(router: router)
    }

    /// The cookies of a login, as a browser sends them back, and the token that its scripts read.
    private static func logIn(_ client: some TestClientProtocol) async throws -> (cookies: String, csrf: String) {
        let answer = try await client.execute(
            uri: "/login", method: .post, headers: [.origin: site.description])
        #expect(answer.status == .noContent)
        let set = answer.headers[values: .setCookie]
        #expect(
            set.count == 2
                && set[0].hasPrefix("__Host-token=\(token); Path=/; Max-Age=900; HttpOnly; Secure; SameSite=Lax"))
        #expect(set[1].hasSuffix("; Path=/; Max-Age=900; Secure; SameSite=Strict"))
        let pairs = set.map { String($0.prefix { $0 != ";" }) }
        return (pairs.joined(separator: "; "), String(pairs[1].dropFirst("__Host-csrf=".count)))
    }

    @Test func aSessionOfABrowser() async throws {
        try await Self.application().test(.router) { client in
            let (cookies, csrf) = try await Self.logIn(client)
            func send(
                _ more: HTTPFields, method: HTTPRequest.Method = .post, cookies sent: String? = nil, body: String? = nil
            ) async throws -> Answer {
                var headers: HTTPFields = [.cookie: sent ?? cookies]
                headers += more
                return try await client.execute(
                    uri: "/orders", method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
                ) { Answer($0) }
            }
            let here: HTTPFields = [.origin: Self.site.description]
            let there: HTTPFields = [.origin: "https://evil.example"]
            let field: HTTPFields = [Self.field: csrf]
            #expect(try await send([:], method: .get).body == "alice", "reading needs no guard")
            #expect(try await send(here + field).body == "alice 0")
            let refused = [
                try await send(here), try await send(there + field), try await send(field),
                try await send([.origin: "null"] + field), try await send(here + [Self.field: "x"]),
                try await send(there, method: .put), try await send([:], method: .delete),
                try await send(here + field, cookies: "__Host-token=\(Self.token)"),
                try await send(there, cookies: "__Host-token=expired.token.x"),
            ]
            for answer in refused {
                #expect(answer.status == 403 && answer == refused[0], "all look alike: \(answer)")
            }
            #expect(try await send(here + field, cookies: "a=b").status == 401)
            // A planted pair of another session.
            let other = try CSRFTokens().token(for: CSRFGuard.session(of: Self.token))
            let planted = "__Host-token=\(Self.token); __Host-csrf=\(other)"
            #expect(try await send(here + [Self.field: other], cookies: planted).status == 403)
            // A form without a script.
            let type: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
            #expect(try await send(here + type, body: "a=1&csrf=\(csrf)").body == "alice \(csrf.utf8.count + 9)")
            for body in ["a=1", "csrf=x", "access_token=\(Self.token)"] {
                #expect(try await send(here + type, body: body).status == 403, "\(body)")
            }
            #expect(try await send(here + type, body: "csrf=\(csrf)&csrf=\(csrf)").status == 400)
        }
    }

    @Test func oneCredentialAtATime() async throws {
        try await Self.application().test(.router) { client in
            let (cookies, csrf) = try await Self.logIn(client)
            var both = OrdersAPI.bearer()
            both[.cookie] = cookies
            both[.origin] = Self.site.description
            both[Self.field] = csrf
            for method in [HTTPRequest.Method.get, .post] {
                let answer = try await client.execute(uri: "/orders", method: method, headers: both) { Answer($0) }
                #expect(answer.status == 400 && answer.body.contains("invalid_request"))
            }
            // A token that scripts sent needs no guard.
            #expect(try await client.execute(uri: "/orders", method: .post, headers: OrdersAPI.bearer()).status == .ok)
        }
    }

    @Test func loginsOfOtherSitesAndLogouts() async throws {
        try await Self.application().test(.router) { client in
            let foreign = try await client.execute(
                uri: "/login", method: .post, headers: [.origin: "https://evil.example"])
            #expect(foreign.status == .forbidden && !foreign.headers.contains(.setCookie))
            let out = try await client.execute(uri: "/logout", method: .post)
            #expect(
                out.headers[values: .setCookie] == [
                    "__Host-token=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax",
                    "__Host-csrf=; Path=/; Max-Age=0; Secure; SameSite=Strict",
                ])
        }
    }

    @Test func unguardedCookiesSaySo() async throws {
        try await Self.application(.dangerouslyUnguarded()).test(.router) { client in
            let response = try await client.execute(
                uri: "/orders", method: .post,
                headers: [.cookie: "__Host-token=\(Self.token)", .origin: "https://evil.example"])
            #expect(response.status == .ok)
            let login = try await client.execute(uri: "/login", method: .post)
            #expect(login.headers[values: .setCookie].count == 1)
        }
    }
}
