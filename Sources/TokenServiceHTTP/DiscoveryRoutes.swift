internal import FastVerify
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import TokenService

/// What verifiers and clients read before anything else: the key set (RFC 7517 §5) and the server's metadata (RFC 8414, in OpenID's place, too).
struct DiscoveryRoutes: Sendable {
    let issuer: TokenIssuer
    /// Seconds that anybody may keep the key set: less than a new key is announced ahead.
    let keySetAge: Int64

    func add(to router: Router<IssuerContext>) {
        let group = router.group(".well-known")
        group.get("jwks.json") { request, _ in keySet(request) }
        for name in ["oauth-authorization-server", "openid-configuration"] {
            group.get(RouterPath(name)) { _, _ in metadata }
        }
    }

    private func keySet(_ request: Request) -> Response {
        let document = issuer.keys.keySet
        return request.answer(
            ByteBuffer(string: document.json), "application/jwk-set+json", entityTag: document.entityTag,
            maximumAge: keySetAge)
    }

    private var metadata: Response {
        let base = issuer.rules.issuer
        let authentication: TokenClaims.Value = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
        let signing = TokenClaims.Value.array(
            Algorithm.allCases.filter { !$0.name.hasPrefix("HS") }.map { .string($0.name) })
        var members: [String: TokenClaims.Value] = [
            "issuer": .string(base), "jwks_uri": .string(base + "/.well-known/jwks.json"),
            "token_endpoint": .string(base + "/oauth/token"),
            "revocation_endpoint": .string(base + "/oauth/revoke"),
            "introspection_endpoint": .string(base + "/oauth/introspect"),
            "grant_types_supported": ["client_credentials", "refresh_token"],
            // No authorization endpoint, so no type of response; RFC 8414 asks for the member.
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": authentication,
            "token_endpoint_auth_signing_alg_values_supported": signing,
            "revocation_endpoint_auth_methods_supported": authentication,
            "introspection_endpoint_auth_methods_supported": authentication,
            "scopes_supported": .array(issuer.rules.userScopes.map(TokenClaims.Value.string)),
        ]
        if issuer.rules.statusListAge != nil {
            members["status_list_aggregation_endpoint"] = .string(base + "/status-lists")
        }
        var response = Response(json: .object(members))
        response.headers[.cacheControl] = "public, max-age=300"
        return response
    }
}

extension Request {
    /// A document that anybody may keep, or that it is the one which the client has (RFC 9110 §13.1.2).
    func answer(_ document: ByteBuffer, _ type: String, entityTag: String, maximumAge: Int64) -> Response {
        let fields: HTTPFields = [
            .contentType: type, .cacheControl: "public, max-age=\(maximumAge)", .eTag: entityTag,
        ]
        // Compared weakly: a proxy that compresses says so of the tag.
        let known: [Substring] = headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }.map { tag in
            let tag = tag.drop { $0 == " " }
            return tag.hasPrefix("W/") ? tag.dropFirst(2) : tag
        }
        if known.contains(where: { $0 == entityTag[...] || $0 == "*" }) {
            return Response(status: .notModified, headers: fields)
        }
        return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: document))
    }
}
