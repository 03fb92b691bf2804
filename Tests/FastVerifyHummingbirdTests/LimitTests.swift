import AttackCatalogue
import FastVerify
import FastVerifyAccess
import FastVerifyHummingbird
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Synchronization
import Testing

/// Who has asked too often, through a router: 429, and what is left in every answer.
struct LimitTests {
    private final class Time: Sendable {
        private let nanoseconds = Atomic<UInt64>(1_000_000_000)
        var clock: RateLimiter.Clock { RateLimiter.Clock { self.nanoseconds.load(ordering: .relaxed) } }
        func advance(_ seconds: UInt64) { nanoseconds.add(seconds * 1_000_000_000, ordering: .relaxed) }
    }

    private let time = Time()
    private static let rateLimit = HTTPField.Name("RateLimit")!
    private static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy")!

    private func limiter(_ requests: Int, plans: [LimitPlan] = []) -> RateLimiter {
        RateLimiter(plans: plans, others: LimitPlan("default", requests: requests), clock: time.clock)
    }

    private func policy(limits: RateLimiter? = nil, strangers: RateLimiter? = nil) -> AccessPolicy {
        AccessPolicy(ProtectionSpace(realm: "orders"), limits: limits, strangers: strangers)
    }

    @Test func limitsByTheTokensPlan() async throws {
        let limits = limiter(2, plans: [LimitPlan("pro", requests: 60)])
        try await OrdersAPI.application(policy(limits: limits)).test(.router) { client in
            func get(_ headers: HTTPFields, _ path: String = "/orders") async throws -> TestResponse {
                try await client.execute(uri: path, method: .get, headers: headers)
            }
            let plain = OrdersAPI.bearer()
            let first = try await get(plain)
            #expect(first.status == .ok && first.headers[Self.rateLimitPolicy] == #""default";q=2;w=60"#)
            #expect(first.headers[Self.rateLimit] == #""default";r=1;t=30"#)
            // Whatever the answer is, it says what is left; what a handler throws as well.
            let broken = try await get(plain, "/broken")
            #expect(broken.status == .conflict && broken.headers[Self.rateLimit] == #""default";r=0;t=30"#)
            for path in ["/orders", "/scopes", "/nothing"] {
                let refused = try await get(plain, path)
                #expect(refused.status == .tooManyRequests && refused.headers[.retryAfter] == "30", "\(path)")
                #expect(refused.headers[Self.rateLimit] == #""default";r=0;t=30"#)
                #expect(!refused.headers.contains(.wwwAuthenticate))
            }
            time.advance(30)
            let forbidden = try await get(plain, "/scopes")
            #expect(forbidden.status == .forbidden && forbidden.headers[Self.rateLimit] == #""default";r=0;t=30"#)
            let pro = try await get(OrdersAPI.bearer(with: #""plan":"pro""#))
            #expect(pro.headers[Self.rateLimit] == #""pro";r=59;t=1"#, "another plan")
            let other = try await get(
                OrdersAPI.bearer(CatalogueIssuer.token(payload: CatalogueIssuer.claims.replacing("alice", with: "bob")))
            )
            #expect(other.headers[Self.rateLimit] == #""default";r=1;t=30"#, "another subject")
        }
    }

    /// A token is not limited by what others do with a copy of it that they may not use.
    @Test func nobodyUsesUpTheLimitOfAnother() async throws {
        var claims = CatalogueIssuer.claims
        claims.removeLast()
        let bound = CatalogueIssuer.token(payload: claims + #","cnf":{"jkt":"k"}}"#)
        let forged = CatalogueIssuer.token(payload: CatalogueIssuer.claims, CatalogueIssuer.attacker)
        try await OrdersAPI.application(policy(limits: limiter(1))).test(.router) { client in
            for token in [bound, forged, bound, forged] {
                let response = try await client.execute(uri: "/orders", method: .get, headers: OrdersAPI.bearer(token))
                #expect(response.status == .unauthorized && response.headers[Self.rateLimit] == nil)
            }
            let response = try await client.execute(uri: "/orders", method: .get, headers: OrdersAPI.bearer())
            #expect(response.status == .ok)
        }
    }

    @Test func whoTriesTokensIsLimitedByAddress() async throws {
        var policy = policy(strangers: limiter(3))
        policy.ingress = Ingress(proxies: try TrustedProxies("10.0.0.0/8"), addressIsForwarded: true)
        var trusting = policy
        trusting.ingress.proxies = .everyPeer
        let forged = CatalogueIssuer.token(payload: CatalogueIssuer.claims, CatalogueIssuer.attacker)
        @Sendable func get(
            _ client: some TestClientProtocol, _ headers: HTTPFields, from address: String? = nil
        ) async throws -> TestResponse {
            var headers = headers
            headers[HTTPField.Name("X-Forwarded-For")!] = address
            return try await client.execute(uri: "/orders", method: .get, headers: headers)
        }
        try await OrdersAPI.application(trusting).test(.router) { client in
            for left in [2, 1, 0] {
                // Good tokens cost an address nothing.
                #expect(try await get(client, OrdersAPI.bearer(), from: "192.0.2.1").status == .ok)
                let refused = try await get(client, left == 1 ? [:] : OrdersAPI.bearer(forged), from: "192.0.2.1")
                #expect(refused.status == .unauthorized)
                #expect(refused.headers[Self.rateLimit] == #""default";r=\#(left);t=20"#)
            }
            for headers in [OrdersAPI.bearer(forged), OrdersAPI.bearer(), [:]] {
                let late = try await get(client, headers, from: "::ffff:192.0.2.1")
                #expect(late.status == .tooManyRequests && late.headers[.retryAfter] == "20")
            }
            #expect(try await get(client, OrdersAPI.bearer(), from: "192.0.2.2").status == .ok)
            time.advance(20)
            #expect(try await get(client, OrdersAPI.bearer(), from: "192.0.2.1").status == .ok)
        }
        // From a peer that is no proxy the field is anybody's: all of these are one address.
        policy.strangers = limiter(3)
        try await OrdersAPI.application(policy).test(.router) { client in
            for (number, status) in [401, 401, 401, 429].enumerated() {
                let response = try await get(client, OrdersAPI.bearer(forged), from: "192.0.2.\(number)")
                #expect(response.status.code == status)
            }
        }
    }

    @Test func anonymousRequestsAreLimitedByAddress() async throws {
        var policy = policy(strangers: limiter(2))
        policy.allowsAnonymous = true
        try await OrdersAPI.application(policy).test(.router) { client in
            for status in [200, 200, 429] {
                let response = try await client.execute(uri: "/orders", method: .get)
                #expect(response.status.code == status && response.headers[Self.rateLimit] != nil)
            }
        }
    }

    @Test func routesHaveLimitsOfTheirOwn() async throws {
        let (whole, reports) = (limiter(60), RateLimiter(others: LimitPlan("reports", requests: 20), clock: time.clock))
        let router = OrdersAPI.router(CatalogueIssuer.verifier(), OrdersAPI.authenticator(policy(limits: whole)))
        router.group("report").limit(reports, cost: 10).require(.scopes("read")).get { _, _ in "report" }
        router.group("closed").limit(reports, cost: 1).require(.scopes("none")).get { _, _ in "closed" }
        router.group("failing").limit(reports).get { _, _ -> String in throw HTTPError(.conflict) }
        try await Application(router: router).test(.router) { client in
            func get(_ path: String) async throws -> [String] {
                try await client.execute(uri: path, method: .get, headers: OrdersAPI.bearer()) {
                    ["\($0.status.code)"] + $0.headers[values: Self.rateLimit].sorted()
                }
            }
            for (path, status, whole, own) in [
                ("/report", "200", 59, "10;t=3"), ("/closed", "403", 58, "9;t=3"), ("/failing", "409", 57, "8;t=3"),
                ("/report", "429", 56, "8;t=3"),
            ] {
                let expected = [status, #""default";r=\#(whole);t=1"#, #""reports";r=\#(own)"#]
                let answer = try await get(path)
                #expect(answer == expected, "\(path)")
            }
            #expect(try await get("/orders")[0] == "200")
        }
        let bare = Router(context: AccessContext.self)
        bare.group("open").limit(reports).get { _, _ in "open" }
        try await Application(router: bare).test(.router) { client in
            let response = try await client.execute(uri: "/open", method: .get)
            #expect(response.status == .internalServerError, "no authenticator, no limit, no entry")
        }
    }
}
