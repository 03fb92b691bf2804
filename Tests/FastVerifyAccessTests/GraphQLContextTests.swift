import FastVerify
import Testing

@testable import FastVerifyAccess

struct GraphQLContextTests {
    private typealias Context = GraphQLContext<AccessIdentity>

    private func context(_ claims: String? = #","scope":"a b""#, lease: ConnectionLease? = nil) throws -> Context {
        let token = try claims.map {
            let text = #"{"iss":"i","sub":"u","aud":"a","exp":\#(Proofs.now + 900)\#($0)}"#
            return try Proofs.verified(Proofs.issuerKey.token(payload: Array(text.utf8))!)
        }
        return try Context(token, request: AccessRequest(now: Proofs.now), lease: lease)
    }

    @Test func rulesOfFields() throws {
        let context = try context()
        #expect(context.identity?.subject == "u" && context.identity?.scopes == ["a", "b"])
        #expect(context.allows(.scopes("a", "b")) && !context.allows(.scopes("c")))
        #expect(throws: Refusal.self) { try context.require(.scopes("c")) }
        let anonymous = try self.context(nil)
        #expect(anonymous.identity == nil)
        #expect(throws: Refusal(.noCredentials, "no_credentials")) { try anonymous.require(.authenticated) }
    }

    @Test func anEndedLeaseEndsTheContext() throws {
        let book = LeaseBook(interval: .seconds(100_000), clock: .fixed(Proofs.now))
        let token = try Proofs.verified(Proofs.token(confirmation: nil))
        let lease = try book.lease(token) { _ in }
        let context = try Context(token, request: AccessRequest(now: Proofs.now), lease: lease)
        #expect(context.allows(.authenticated))
        lease.giveUp()
        #expect(throws: Refusal(.invalidToken, "lease_ended")) { try context.require(.authenticated) }
    }

    @Test func guardedResolvers() async throws {
        let resolver = FieldGuard(.scopes("a")).guarding { (_: Context, number: Int) in number + 1 }
        #expect(try resolver(context(), 1) == 2)
        #expect(throws: Refusal.self) { try resolver(context(""), 1) }
        let waiting = FieldGuard(.scopes("a")).guarding { (context: Context, number: Int) async throws -> Int in
            await Task.yield()
            return number + 1
        }
        #expect(try await waiting(context(), 1) == 2)
        await #expect(throws: Refusal.self) { try await waiting(self.context(nil), 1) }
    }

    @Test func rulesByCoordinate() throws {
        let rules = FieldRules(
            ["User": .scopes("a"), "User.email": .scopes("c"), "Query.me": .scopes("b")], others: .authenticated)
        let context = try context()
        func reason(_ type: String, _ field: String, _ context: Context, _ rules: FieldRules) -> String? {
            do throws(Refusal) {
                try rules.check(type, field, context)
                return nil
            } catch { return GraphQLAccessError(error).code.rawValue }
        }
        #expect(reason("User", "name", context, rules) == nil)
        #expect(reason("User", "email", context, rules) == "FORBIDDEN", "the rule of the field beside that of the type")
        #expect(reason("Query", "me", context, rules) == nil && reason("Query", "other", context, rules) == nil)
        #expect(try reason("User", "name", self.context(""), rules) == "FORBIDDEN")
        #expect(try reason("Query", "other", self.context(nil), rules) == "UNAUTHENTICATED")
        let open = FieldRules(["User": .scopes("a")], others: nil)
        #expect(try reason("Query", "other", self.context(nil), open) == nil)
        #expect(try reason("User", "name", self.context(nil), open) == "UNAUTHENTICATED")
    }

    @Test func errors() {
        let error = GraphQLAccessError(Refusal(.insufficientScope(["a\"b"]), "r"))
        #expect(
            error.json(path: [.name("users"), .position(3), .name("email")])
                == #"{"message":"Not allowed","path":["users",3,"email"],"extensions":{"code":"FORBIDDEN","scopes":["a\"b"]}}"#
        )
        let codes: [(Refusal.Answer, GraphQLAccessError.Code)] = [
            (.noCredentials, .unauthenticated), (.invalidToken, .unauthenticated),
            (.nonceRequired("a"), .unauthenticated),
            (.invalidProof, .unauthenticated),
            (.insufficientAuthentication(contexts: [], maxAge: nil), .unauthenticated),
            (.forbidden, .forbidden), (.invalidRequest, .badRequest), (.tooManyRequests(retryAfter: 1), .rateLimited),
            (.unavailable, .unavailable),
        ]
        for (answer, code) in codes {
            let error = GraphQLAccessError(Refusal(answer, "secret_reason"))
            #expect(error.code == code && !error.json().contains("secret_reason"))
        }
    }
}
