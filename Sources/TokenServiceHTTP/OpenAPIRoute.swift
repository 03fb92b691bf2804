internal import FastVerify
internal import Hummingbird
internal import NIOCore

/// The OpenAPI document, `openapi.json` beside this file; a test holds it against the routes, and schemathesis against the answers.
struct OpenAPIRoute: Sendable {
    static let document = ByteBuffer(bytes: PackageResources.openapi_json)
    private static let entityTag =
        "\"" + Base64URL.encode(Array(SHA256Digest(of: PackageResources.openapi_json).bytes.prefix(12))) + "\""

    func add(to router: Router<IssuerContext>) {
        router.get("openapi.json") { request, _ in
            request.answer(Self.document, "application/json", entityTag: Self.entityTag, maximumAge: 300)
        }
    }
}
