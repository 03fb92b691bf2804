import AttackCatalogue
import FastVerify
import FastVerifyAccess
import FastVerifyHummingbird
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

/// The catalogue of attacks over HTTP: each attack gets its answer, and no two bad tokens can be told apart.
struct AttackTests {
    private func check(
        _ attack: Attack, _ response: TestResponse, _ bad: inout Set<Answer>, _ malformed: inout Set<Answer>
    ) {
        switch attack.outcome {
        case .accepted: #expect(response.status == .ok && String(buffer: response.body) == "alice", "\(attack)")
        case .badToken:
            #expect(response.status == .unauthorized, "\(attack)")
            bad.insert(Answer(response))
        case .malformed:
            #expect(response.status == .badRequest, "\(attack)")
            malformed.insert(Answer(response))
        }
    }

    private func check<Verification: TokenVerification>(_ verification: Verification) async throws {
        let policy = AccessPolicy(ProtectionSpace(realm: "orders"))
        let router = OrdersAPI.router(verification, OrdersAPI.authenticator(policy))
        try await Application(router: router).test(.router) { client in
            var (bad, malformed): (Set<Answer>, Set<Answer>) = ([], [])
            for attack in Attack.catalogue {
                let response = try await client.execute(
                    uri: "/orders", method: .get, headers: OrdersAPI.bearer(attack.token))
                check(attack, response, &bad, &malformed)
            }
            #expect(bad.count == 1 && malformed.count == 1, "\(bad) \(malformed)")
            let (answer, other) = try (#require(bad.first), #require(malformed.first))
            #expect(answer.fields.contains("WWW-Authenticate: \(Answer.badToken)"))
            #expect(other.fields.contains("WWW-Authenticate: \(Answer.malformed)"))
            #expect(answer.fields.contains("Content-Type: application/problem+json"))
            #expect(answer.fields.contains("Cache-Control: no-store"))
            #expect(answer.body.contains("\"error\":\"invalid_token\""))
        }
    }

    @Test func everyAttackGetsItsAnswer() async throws { try await check(CatalogueIssuer.verifier()) }

    @Test func aPoolAnswersTheSame() async throws {
        let pool = VerifierPool(CatalogueIssuer.verifier(), options: VerifierPool.Options(workers: 2))
        try await check(pool)
        await pool.shutDown()
    }

    @Test func everyRowThatARequestCanCarryIsThere() {
        // The others are about keys, sets of keys and memory.
        let rows = Set(Attack.catalogue.map(\.row))
        #expect(rows.isSuperset(of: [1, 2, 3, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 23, 25, 27]))
        #expect(rows.isSuperset(of: Set(31...41).union([45, 48, 49])))
        #expect(Attack.catalogue.count > 350)
    }

    @Test func cookiesAndFormsAreAttackedAlike() async throws {
        var policy = AccessPolicy(ProtectionSpace(realm: "orders"))
        policy.sources = CredentialSources(cookie: .dangerouslyUnguarded("token"), acceptsForm: true)
        try await OrdersAPI.application(policy).test(.router) { client in
            var bad: Set<Answer> = []
            for attack in Attack.catalogue where attack.outcome == .badToken && attack.token.utf8.count < 60_000 {
                let cookie = try await client.execute(
                    uri: "/orders", method: .get, headers: [.cookie: "token=\(attack.token)"])
                let form = try await client.execute(
                    uri: "/orders", method: .post, headers: [.contentType: "application/x-www-form-urlencoded"],
                    body: ByteBuffer(string: "access_token=" + attack.token.replacing("+", with: "%2B")))
                for response in [cookie, form] { bad.insert(Answer(response)) }
            }
            #expect(bad.count == 1 && bad.first?.status == 401, "\(bad)")
        }
    }

    @Test func badTokensNeverBecomeAnonymous() async throws {
        let policy = AccessPolicy(ProtectionSpace(realm: "orders"), allowsAnonymous: true)
        try await OrdersAPI.application(policy).test(.router) { client in
            for attack in Attack.catalogue where attack.outcome != .accepted {
                let response = try await client.execute(
                    uri: "/orders", method: .get, headers: OrdersAPI.bearer(attack.token))
                #expect(response.status == (attack.outcome == .badToken ? .unauthorized : .badRequest), "\(attack)")
            }
        }
    }
}
