import AttackCatalogue
import FastVerify
import FastVerifyAccess
import FastVerifyHummingbird
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Testing

/// The API that the tests attack: it says who called, and has a route behind each kind of guard.
enum OrdersAPI {
    static func router<Verification: TokenVerification>(
        _ verification: Verification,
        _ authenticator: (Verification) -> BearerAuthenticator<AccessContext, Verification>
    ) -> Router<AccessContext> {
        let router = Router(context: AccessContext.self)
        router.add(middleware: authenticator(verification))
        router.get("orders") { _, context in context.identity?.subject ?? "anonymous" }
        router.post("orders") { request, context in
            let body = try await request.body.collect(upTo: 1 << 20)
            return "\(context.identity?.subject ?? "anonymous") \(body.readableBytes)"
        }
        router.get("mine") { _, context in try context.requireIdentity().subject ?? "" }
        router.get("broken") { _, _ -> String in throw HTTPError(.conflict) }
        router.require(.authenticated).get("members") { _, _ in "members" }
        router.require(.scopes("read", "write")).get("scopes") { _, _ in "scopes" }
        router.require(.anyScope("admin", "read")).get("scope") { _, _ in "scope" }
        router.require(.roles("clerk")).get("roles") { _, _ in "roles" }
        router.require(.permissions("orders:read")).get("permissions") { _, _ in "permissions" }
        router.require(.claim("dept", is: .equal("sales"))).get("sales") { _, _ in "sales" }
        router.require(.stepUp(contexts: ["gold"], maxAge: 60)).get("vault") { _, _ in "vault" }
        router.group("tenants/:tenant").require(.tenant(.pathParameter("tenant"))).get("orders") { _, context in
            try context.parameters.require("tenant")
        }
        router.group("deep").require(.scopes("read")).require(.roles("clerk")).get { _, _ in "deep" }
        return router
    }

    /// With a verifier on the caller's thread, at the catalogue's time.
    static func application(
        _ policy: AccessPolicy = AccessPolicy(ProtectionSpace(realm: "orders"))
    ) -> Application<RouterResponder<AccessContext>> {
        Application(router: router(CatalogueIssuer.verifier(), authenticator(policy)))
    }

    static func authenticator<Verification: TokenVerification>(
        _ policy: AccessPolicy
    ) -> (Verification) -> BearerAuthenticator<AccessContext, Verification> {
        { BearerAuthenticator($0, policy, clock: .fixed(CatalogueIssuer.now)) }
    }

    static func bearer(_ token: String = CatalogueIssuer.token()) -> HTTPFields { [.authorization: "Bearer \(token)"] }

    /// A good token with these members besides.
    static func bearer(with members: String) -> HTTPFields {
        bearer(CatalogueIssuer.token(payload: CatalogueIssuer.claims.dropLast() + "," + members + "}"))
    }
}

/// All that a client sees of a response.
struct Answer: Hashable, CustomStringConvertible {
    let status: Int
    let fields: [String]
    let body: String

    init(_ response: TestResponse) {
        status = response.status.code
        fields = response.headers.filter { $0.name.canonicalName != "date" }.map { "\($0.name): \($0.value)" }
        body = String(buffer: response.body)
    }

    var description: String { "\(status) \(fields) \(body)" }

    static let badToken = #"Bearer realm="orders", error="invalid_token""#
    static let malformed = #"Bearer realm="orders", error="invalid_request""#
}
