import AttackCatalogue
import FastVerify
import FastVerifyAccess
import FastVerifyHummingbird
import Hummingbird
import HummingbirdTesting
import Metrics
import MetricsTestKit
import ServerFixtures
import Testing

/// What is written down about requests: reasons, and never a token.
struct AccessRecordTests {
    @Test func requestsAreCountedByOutcomeAndReason() async throws {
        let metrics = TestMetrics()
        let policy = AccessPolicy(ProtectionSpace(realm: "orders"), allowsAnonymous: true)
        let router = OrdersAPI.router(CatalogueIssuer.verifier()) {
            BearerAuthenticator($0, policy, clock: .fixed(CatalogueIssuer.now), metrics: metrics)
        }
        let late = CatalogueIssuer.token(payload: CatalogueIssuer.claims.replacing("1800000900", with: "1"))
        try await Application(router: router).test(.router) { client in
            func get(_ path: String, _ headers: HTTPFields) async throws {
                _ = try await client.execute(uri: path, method: .get, headers: headers)
            }
            for _ in 0..<3 { try await get("/orders", OrdersAPI.bearer()) }
            try await get("/broken", OrdersAPI.bearer())
            try await get("/orders", [:])
            for _ in 0..<2 { try await get("/orders", OrdersAPI.bearer(late)) }
            try await get("/orders", OrdersAPI.bearer("a b"))
            try await get("/scopes", OrdersAPI.bearer())
            try await get("/mine", [:])
        }
        func count(_ outcome: String, _ reason: String) throws -> Int64 {
            try metrics.expectCounter("fastverify_requests_total", [("outcome", outcome), ("reason", reason)])
                .totalValue
        }
        #expect(try count("accepted", "none") == 4)
        #expect(try count("anonymous", "none") == 1)
        #expect(try count("invalid_token", "expired") == 2)
        #expect(try count("invalid_request", "malformed_credentials") == 1)
        #expect(try count("insufficient_scope", "insufficient_scope") == 1)
        #expect(try count("no_credentials", "anonymous") == 1)
        #expect(metrics.counterTotal(label: "fastverify_requests_total") == 10)
    }

    @Test func reasonsAreLoggedAndTokensAreNot() async throws {
        let lines = LogLines()
        let router = OrdersAPI.router(
            CatalogueIssuer.verifier(), OrdersAPI.authenticator(AccessPolicy(ProtectionSpace(realm: "orders"))))
        let forged = CatalogueIssuer.token(payload: CatalogueIssuer.claims, CatalogueIssuer.attacker)
        try await Application(router: router, logger: lines.logger).test(.router) { client in
            for token in [forged, CatalogueIssuer.token()] {
                _ = try await client.execute(uri: "/orders", method: .get, headers: OrdersAPI.bearer(token))
            }
        }
        let all = lines.text.split(separator: "\n")
        #expect(all.filter { $0.contains("bad_signature") && $0.contains("401") }.count == 1, "\(all)")
        for part in forged.split(separator: ".") { #expect(!all.contains { $0.contains(part) }) }
        #expect(!all.contains { $0.contains("alice") })
    }
}
