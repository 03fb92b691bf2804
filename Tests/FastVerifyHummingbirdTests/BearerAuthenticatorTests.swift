import AttackCatalogue
import FastVerify
import FastVerifyAccess
import FastVerifyHummingbird
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

struct BearerAuthenticatorTests {
    private func answer(
        _ uri: String = "/orders", _ headers: HTTPFields = [:], _ policy: AccessPolicy? = nil,
        method: HTTPRequest.Method = .get, body: String? = nil
    ) async throws -> Answer {
        let policy = policy ?? AccessPolicy(ProtectionSpace(realm: "orders"))
        return try await OrdersAPI.application(policy).test(.router) { client in
            try await client.execute(
                uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
            ) { Answer($0) }
        }
    }

    @Test func aGoodTokenReachesTheHandlerWithAnIdentity() async throws {
        for key in [CatalogueIssuer.ecdsa, CatalogueIssuer.rsa, CatalogueIssuer.edwards, CatalogueIssuer.secret] {
            let answer = try await answer("/mine", OrdersAPI.bearer(CatalogueIssuer.token(key)))
            #expect(answer.status == 200 && answer.body == "alice")
        }
    }

    @Test func withoutCredentialsTheAnswerIsAChallengeWithoutAnError() async throws {
        for headers: HTTPFields in [
            [:], [.authorization: "Basic dXNlcjpwYXNz"], [.authorization: ""], [.cookie: "token=a.b.c"],
        ] {
            let answer = try await answer("/orders", headers)
            #expect(answer.status == 401 && answer.fields.contains(#"WWW-Authenticate: Bearer realm="orders""#))
            #expect(!answer.body.contains("error"))
        }
    }

    @Test func unknownPathsAndMethodsTellNothing() async throws {
        let known = try await answer("/orders")
        #expect(try await answer("/nothing/here") == known)
        #expect(try await answer("/orders", method: .delete) == known)
        #expect(try await answer("/nothing", OrdersAPI.bearer()).status == 404)
    }

    @Test func twoFieldsOrTwoWaysAreRefused() async throws {
        var twice = OrdersAPI.bearer()
        twice.append(HTTPField(name: .authorization, value: twice[.authorization]!))
        #expect(try await answer("/orders", twice).status == 400)
        #expect(try await answer("/orders?access_token=a", OrdersAPI.bearer()).status == 400)
        let token = CatalogueIssuer.token()
        #expect(try await answer("/orders?access_token=\(token)").status == 400)
        var policy = AccessPolicy(ProtectionSpace(realm: "orders"))
        policy.sources.cookie = .dangerouslyUnguarded("token")
        var both = OrdersAPI.bearer()
        both[.cookie] = "token=\(token)"
        #expect(try await answer("/orders", both, policy).status == 400)
    }

    @Test func anonymousPassesWhereAllowedAndNotBehindGuards() async throws {
        let policy = AccessPolicy(ProtectionSpace(realm: "orders"), allowsAnonymous: true)
        #expect(try await answer("/orders", [:], policy).body == "anonymous")
        #expect(try await answer("/orders", OrdersAPI.bearer(), policy).body == "alice")
        for path in ["/mine", "/members", "/scopes", "/roles", "/vault", "/tenants/acme/orders"] {
            let answer = try await answer(path, [:], policy)
            #expect(
                answer.status == 401 && answer.fields.contains(#"WWW-Authenticate: Bearer realm="orders""#), "\(path)")
        }
    }

    @Test func guardsAnswerAsTheirRulesSay() async throws {
        let gold = #""acr":"gold","auth_time":\#(CatalogueIssuer.now)"#
        let passing = [
            ("/members", "\"a\":1"), ("/scopes", #""scp":"write""#), ("/scope", "\"a\":1"),
            ("/roles", #""roles":["clerk"]"#),
            ("/permissions", #""permissions":["orders:read"]"#), ("/sales", #""dept":"sales""#), ("/vault", gold),
            ("/tenants/acme/orders", #""tenant":"acme""#), ("/deep", #""roles":"clerk""#),
        ]
        for (path, members) in passing {
            #expect(try await answer(path, OrdersAPI.bearer(with: members)).status == 200, "\(path)")
        }
        let scope = #"WWW-Authenticate: Bearer realm="orders", error="insufficient_scope", scope="read write""#
        let refused = try await answer("/scopes", OrdersAPI.bearer())
        #expect(refused.status == 403 && refused.fields.contains(scope))
        for path in ["/roles", "/permissions", "/sales", "/tenants/acme/orders", "/deep"] {
            let answer = try await answer(path, OrdersAPI.bearer())
            #expect(answer.status == 403 && !answer.fields.contains { $0.hasPrefix("WWW-Authenticate") }, "\(path)")
        }
        let stepUp = try await answer("/vault", OrdersAPI.bearer())
        #expect(
            stepUp.status == 401
                && stepUp.fields.contains(
                    #"WWW-Authenticate: Bearer realm="orders", error="insufficient_user_authentication", "#
                        + #"acr_values="gold", max_age="60""#)
        )
    }

    @Test func tenantsAreKeptApart() async throws {
        let acme = OrdersAPI.bearer(with: #""tenant":"acme""#)
        #expect(try await answer("/tenants/acme/orders", acme).body == "acme")
        for other in ["other", "Acme", "ac%6De", "acme%20", "%61cme", "..", "acme%00"] {
            #expect(try await answer("/tenants/\(other)/orders", acme).status != 200, "\(other)")
        }
    }

    @Test func aRuleOfThePolicyHoldsForEveryRoute() async throws {
        var policy = AccessPolicy(ProtectionSpace(realm: "orders"), rule: .scopes("read", "all"))
        #expect(try await answer("/orders", OrdersAPI.bearer(), policy).status == 403)
        policy.rule = .tenant(.pathParameter("tenant"))
        let acme = OrdersAPI.bearer(with: #""tenant":"acme""#)
        #expect(try await answer("/tenants/acme/orders", acme, policy).status == 200)
        #expect(try await answer("/tenants/other/orders", acme, policy).status == 403)
        // A route without the parameter is of no tenant.
        #expect(try await answer("/orders", acme, policy).status == 403)
    }

    @Test func formsAreReadOnceAndLeftToTheHandler() async throws {
        var policy = AccessPolicy(ProtectionSpace(realm: "orders"))
        policy.sources.acceptsForm = true
        let type: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
        let body = "x=1&access_token=\(CatalogueIssuer.token())"
        let answer = try await answer("/orders", type, policy, method: .post, body: body)
        #expect(answer.body == "alice \(body.utf8.count)")
        #expect(answer.fields.contains("Cache-Control: private"))
        let none = try await self.answer("/orders", type, nil, method: .post, body: body)
        #expect(none.status == 401)
        let long = body + String(repeating: "&a", count: 40_000)
        #expect(try await self.answer("/orders", type, policy, method: .post, body: long).status == 400)
        // With a token in the field, a form without one is a body like any other.
        var both = OrdersAPI.bearer()
        both[.contentType] = type[.contentType]
        #expect(try await self.answer("/orders", both, policy, method: .post, body: "x=1").body == "alice 3")
    }

    @Test func otherErrorsOfHandlersStayTheirs() async throws {
        #expect(try await answer("/broken", OrdersAPI.bearer()).status == 409)
    }

    @Test func aGuardWithoutAnAuthenticatorRefusesEverything() async throws {
        let router = Router(context: AccessContext.self)
        router.require(.authenticated).get("orders") { _, _ in "open" }
        try await Application(router: router).test(.router) { client in
            let response = try await client.execute(uri: "/orders", method: .get, headers: OrdersAPI.bearer())
            #expect(response.status == .internalServerError)
        }
    }

    @Test func aPoolThatIsShutDownIsUnavailable() async throws {
        let pool = VerifierPool(CatalogueIssuer.verifier(), options: VerifierPool.Options(workers: 1))
        await pool.shutDown()
        let policy = AccessPolicy(ProtectionSpace(realm: "orders"))
        try await Application(router: OrdersAPI.router(pool, OrdersAPI.authenticator(policy))).test(.router) { client in
            let answer = try await client.execute(uri: "/orders", method: .get, headers: OrdersAPI.bearer()) {
                Answer($0)
            }
            #expect(answer.status == 503 && answer.fields.contains("Retry-After: 1"))
        }
    }

    private struct Clerk: TokenIdentity, Decodable {
        let sub: String
        let level: Int
    }

    @Test func anIdentityOfAnApplicationsOwn() async throws {
        let router = Router(context: BasicAccessRequestContext<Clerk>.self)
        router.add(
            middleware: BearerAuthenticator(
                CatalogueIssuer.verifier(), AccessPolicy(ProtectionSpace(realm: "orders")),
                clock: .fixed(CatalogueIssuer.now)))
        router.get("level") { _, context in "\(try context.requireIdentity().level)" }
        try await Application(router: router).test(.router) { client in
            let good = try await client.execute(
                uri: "/level", method: .get, headers: OrdersAPI.bearer(with: "\"level\":3"))
            #expect(String(buffer: good.body) == "3")
            let bad = try await client.execute(uri: "/level", method: .get, headers: OrdersAPI.bearer()) { Answer($0) }
            #expect(bad.status == 401 && bad.fields.contains("WWW-Authenticate: \(Answer.badToken)"))
        }
    }

    @Test func metadataStandsBeforeTheAuthenticator() async throws {
        let resource = try ProtectedResource("https://api.example/v1", authorizationServers: ["https://id.example"])
        let router = Router(context: AccessContext.self)
        router.metadata(of: resource)
        router.add(
            middleware: BearerAuthenticator(
                CatalogueIssuer.verifier(),
                AccessPolicy(ProtectionSpace(realm: "orders", resourceMetadata: resource.metadataURL))))
        router.get("orders") { _, _ in "orders" }
        try await Application(router: router).test(.router) { client in
            let path = "/.well-known/oauth-protected-resource/v1"
            let answer = try await client.execute(uri: path, method: .get) { Answer($0) }
            #expect(answer.status == 200 && answer.body == resource.json)
            #expect(answer.fields.contains("Content-Type: application/json"))
            let refused = try await client.execute(uri: "/orders", method: .get) { Answer($0) }
            #expect(refused.fields.contains { $0.hasSuffix(#"resource_metadata="https://api.example\#(path)""#) })
        }
    }
}
