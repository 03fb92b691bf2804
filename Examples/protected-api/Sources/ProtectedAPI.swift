import FastVerifyHummingbird
import Hummingbird

func protectedAPI(keys: [UInt8]) throws -> some ApplicationProtocol {
    let policy = ClaimPolicy(issuer: "https://id.example", audience: "orders", algorithms: [.es256])
    let verifier = Verifier(policy, keys: KeySource(KeySet(try JWKSet(json: keys))))
    let router = Router(context: AccessContext.self)
    router.add(middleware: BearerAuthenticator(VerifierPool(verifier), realm: "orders"))
    router.get("hello") { _, context in "Hello, \(try context.requireIdentity().subject ?? "nobody")!\n" }
    router.require(.scopes("orders:write")).post("orders") { _, _ in HTTPResponse.Status.created }
    return Application(router: router)
}
