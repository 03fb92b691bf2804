import AttackCatalogue
import FastVerify
import FastVerifyAccess
import Testing

@testable import FastVerifyGateway

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Cookies, and pages of other origins.
struct BrowserTests {
    private static let origin = "Origin: https://app.example"
    private static let secret = "a secret of thirty-two bytes or so"

    private func fixture(_ more: String = "") throws -> GateFixture {
        try GateFixture(policy: [
            "cookie: __Host-token", "csrf: { origins: [\"https://app.example\"]\(more) }",
        ])
    }

    private var cookie: String { "Cookie: a=b; __Host-token=\(CatalogueIssuer.token())" }

    @Test(arguments: GateFixture.Endpoint.allCases) func cookiesAreGuarded(_ endpoint: GateFixture.Endpoint) throws {
        let fixture = try fixture()
        func status(_ method: String, _ fields: String...) throws -> Int {
            try fixture.ask(method: method, fields: fields, at: endpoint).status
        }
        #expect(try status("GET", cookie) == 200 && status("POST", cookie, Self.origin) == 200)
        #expect(try status("POST", cookie) == 403 && status("POST", cookie, "Origin: null") == 403)
        #expect(try status("POST", cookie, "Origin: https://evil.example") == 403)
        #expect(try status("POST", cookie, Self.origin, "Sec-Fetch-Site: same-origin") == 200)
        #expect(try status("POST", cookie, "Sec-Fetch-Site: cross-site") == 403)
        #expect(try status("GET", cookie, "Upgrade: websocket") == 403, "a handshake from nowhere")
        #expect(try status("GET", cookie, "Upgrade: websocket", Self.origin) == 200)
        // A token in the field needs no guard, and never stands beside one in a cookie.
        let bearer = "Authorization: Bearer \(CatalogueIssuer.token())"
        #expect(try status("POST", bearer) == 200)
        #expect(try status("GET", bearer, cookie) == (endpoint == .nginx ? 401 : 400))
        #expect(try status("GET", "\(cookie); __Host-token=x") == (endpoint == .nginx ? 401 : 400))
        #expect(try status("GET", "Cookie: token=\(CatalogueIssuer.token())") == 401)
    }

    @Test func cookiesOfOthersMeanNothing() throws {
        let fixture = try GateFixture()
        #expect(try fixture.ask(fields: [cookie]).status == 401)
        #expect(try fixture.ask("/optional", fields: [cookie]).field("X-Auth-Subject") == "")
    }

    /// The second half of the guard: a token that whoever set the cookie has made for this session.
    @Test func tokensAgainstForgery() throws {
        let path = "/tmp/fastverify-csrf-\(getpid())"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        #expect(write(file, Self.secret, Self.secret.utf8.count) == Self.secret.utf8.count)
        close(file)
        defer { unlink(path) }
        let fixture = try fixture(", secret: \(path)")
        let tokens = try CSRFTokens(secret: Array(Self.secret.utf8))
        let token = CatalogueIssuer.token()
        let cookie = "Cookie: __Host-token=\(token)"
        func status(_ token: String, _ sent: String) throws -> Int {
            let fields = ["\(cookie); __Host-csrf=\(token)", Self.origin, "X-CSRF-Token: \(sent)"]
            return try fixture.ask(method: "POST", fields: fields).status
        }
        let session = SHA256Digest(of: Array(token.utf8)).base64URL
        let (good, other) = (tokens.token(for: session), tokens.token(for: "another"))
        #expect(try status(good, good) == 200 && status(good, other) == 403 && status(other, other) == 403)
        #expect(try status(good, "") == 403)
        #expect(try fixture.ask(method: "POST", fields: [cookie, Self.origin]).status == 403)
        unlink(path)
        #expect(throws: ConfigurationError.self) { try self.fixture(", secret: \(path)") }
    }

    private static let cors = ["cors: { origins: [\"https://app.example\"], credentials: true, methods: [GET, PUT] }"]

    @Test(arguments: GateFixture.Endpoint.allCases) func pagesMayReadDenials(_ endpoint: GateFixture.Endpoint) throws {
        let fixture = try GateFixture(policy: Self.cors)
        for fields in [[], ["Authorization: Bearer a.b.c"], ["Authorization: Bearer a b"]] {
            let reply = try fixture.ask(fields: fields + [Self.origin], at: endpoint)
            #expect(reply.status >= 400 && reply.field("access-control-allow-origin") == "https://app.example")
            #expect(reply.field("access-control-allow-credentials") == "true" && reply.field("vary") == "Origin")
            #expect(reply.field("access-control-expose-headers")?.contains("WWW-Authenticate") == true)
            #expect(reply.field("x-content-type-options") == "nosniff" && reply.field("cache-control") == "no-store")
            for origin in ["https://evil.example", "null", "https://app.example.evil", "https://app.example/x"] {
                let reply = try fixture.ask(fields: fields + ["Origin: \(origin)"], at: endpoint)
                #expect(reply.field("access-control-allow-origin") == nil && reply.field("vary") == "Origin")
            }
        }
        let bearer = ["Authorization: Bearer \(CatalogueIssuer.token())", Self.origin]
        #expect(try fixture.ask(fields: bearer, at: endpoint).field("access-control-allow-origin") == nil)
    }

    @Test(arguments: GateFixture.Endpoint.allCases) func preflightsAreAnswered(_ endpoint: GateFixture.Endpoint) throws
    {
        let fixture = try GateFixture(policy: Self.cors)
        func ask(_ path: String = "/only", _ method: String = "GET", _ origin: String = BrowserTests.origin) throws
            -> Reply
        {
            let fields = [origin, "Access-Control-Request-Method: \(method)"]
            return try fixture.ask(path, method: "OPTIONS", fields: fields, at: endpoint)
        }
        let reply = try ask()
        #expect(reply.status == (endpoint == .nginx ? 403 : 204))
        #expect(reply.field("x-auth-status") == (endpoint == .nginx ? "204" : nil))
        #expect(reply.field("access-control-allow-methods") == "GET, PUT")
        #expect(reply.field("access-control-allow-origin") == "https://app.example")
        #expect(reply.field("access-control-max-age") == "600" && reply.field("X-Auth-Subject") == "")
        // A method that is not named, a path that has no such route, a page of somebody else: no.
        for refused in [
            try ask("/orders", "DELETE"), try ask("/only", "PUT"), try ask("/deny"), try ask("/nowhere"),
            try ask("/only", "GET", "Origin: https://evil.example"), try ask("/only", "GET", "X: y"),
        ] {
            #expect(refused.status >= 400 && refused.field("access-control-allow-methods") == nil, "\(refused)")
        }
        // OPTIONS without the questions of a browser is a request like others.
        #expect(try fixture.ask("/orders", method: "OPTIONS", fields: [Self.origin], at: endpoint).status == 401)
    }

    @Test func preflightsMayBeLeftToTheService() throws {
        let fixture = try GateFixture(policy: ["cors: { origins: \"*\", preflight: pass }"])
        let fields = ["Origin: https://x.example", "Access-Control-Request-Method: GET"]
        let reply = try fixture.ask(method: "OPTIONS", fields: fields)
        #expect(reply.status == 200 && reply.field("X-Auth-Subject") == "")
        #expect(try fixture.ask(fields: ["Origin: https://x.example"]).field("access-control-allow-origin") == "*")
        // Without such a policy nobody passes by asking beforehand.
        let strict = try GateFixture()
        #expect(try strict.ask(method: "OPTIONS", fields: fields).status == 401)
    }
}
