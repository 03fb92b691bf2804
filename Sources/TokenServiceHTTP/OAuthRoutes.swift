internal import FastVerify
internal import FastVerifyAccess
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import TokenService

/// Token, revocation and introspection endpoint (OAuth 2.1 §3.2, RFC 7009, RFC 7662).
struct OAuthRoutes: Sendable {
    let issuer: TokenIssuer
    let ingress: Ingress

    func add(to router: Router<IssuerContext>) {
        let group = router.group("oauth")
        group.post("token") { request, context in await answer(request, context, token) }
        group.post("revoke") { request, context in await answer(request, context, revoke) }
        group.post("introspect") { request, context in await answer(request, context, introspect) }
    }

    typealias Handler = @Sendable (OAuthForm, Request, IssuerContext) async throws -> Response

    private func answer(_ request: Request, _ context: IssuerContext, _ body: Handler) async -> Response {
        var request = request
        let usedBasic = request.headers.contains(.authorization)
        do {
            let form = try await OAuthForm(&request)
            return try await body(form, request, context)
        } catch let error as OAuthError {
            return error.response
        } catch let refusal as IssuerRefusal {
            context.logger.info("Request refused", metadata: ["reason": "\(refusal.reason)"])
            return OAuthError(refusal, usedBasic: usedBasic).response
        } catch {
            context.logger.error("Request failed", metadata: ["error": "\(error)"])
            return OAuthError.unavailable.response
        }
    }

    private func token(_ form: OAuthForm, _ request: Request, _ context: IssuerContext) async throws -> Response {
        switch try form.required("grant_type") {
        case "client_credentials":
            let client = try await client(form, request, context)
            let (token, scopes) = try await issuer.clientToken(
                for: client, scopes: form.scopes, audience: form.value("resource"),
                from: ingress.clientAddress(of: request.head, from: context.peer))
            return TokenAnswer(
                access_token: token.text, expires_in: token.expiration - token.issuedAt,
                scope: scopes.joined(separator: " ")
            ).response
        case "refresh_token":
            let text = try form.required("refresh_token")
            // A session without a client is that of the login form, and needs none here.
            let isAnonymous =
                try form.value("client_id") == nil && !request.headers.contains(.authorization)
                && form.value("client_assertion") == nil
            let client = isAnonymous ? nil : try await client(form, request, context)
            if let client, !client.grants.contains(.refreshToken) { throw OAuthError.unauthorizedClient }
            let grant = try await issuer.refresh(
                text, clientID: client?.id, scopes: form.scopes, from: request.device(context, ingress))
            return TokenAnswer(
                access_token: grant.accessToken.text, expires_in: grant.expiresIn,
                scope: grant.scopes.joined(separator: " "), refresh_token: grant.refreshToken
            ).response
        default: throw OAuthError.unsupportedGrantType
        }
    }

    private func client(_ form: OAuthForm, _ request: Request, _ context: IssuerContext) async throws -> Client {
        try await issuer.authenticate(
            form.client(request), at: issuer.rules.issuer + "/oauth/token",
            from: ingress.clientAddress(of: request.head, from: context.peer))
    }

    /// 200 whatever the token was (RFC 7009 §2.2).
    private func revoke(_ form: OAuthForm, _ request: Request, _ context: IssuerContext) async throws -> Response {
        let client = try await client(form, request, context)
        let text = try form.required("token")
        let device = request.device(context, ingress)
        try await issuer.logout(refreshToken: text, clientID: client.id, from: device)
        try await issuer.revoke(accessToken: text, clientID: client.id)
        return Response(status: .ok, headers: [.cacheControl: "no-store"])
    }

    /// For confidential clients only, as what a token says is not everybody's (RFC 7662 §2.1).
    private func introspect(_ form: OAuthForm, _ request: Request, _ context: IssuerContext) async throws -> Response {
        let client = try await client(form, request, context)
        guard client.isConfidential else { throw OAuthError.unauthorizedClient }
        let body: String
        switch try await issuer.introspect(form.required("token")) {
        case .inactive: body = "{\"active\":false}"
        case .active(let json): body = json
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}

/// RFC 6749 §5.1; the names are those of the members.
private struct TokenAnswer {
    var access_token: String
    var expires_in: Int64
    var scope: String
    var refresh_token: String?

    var response: Response {
        var members: [(String, TokenClaims.Value)] = [
            ("access_token", .string(access_token)), ("token_type", "Bearer"), ("expires_in", .integer(expires_in)),
        ]
        if let refresh_token { members.append(("refresh_token", .string(refresh_token))) }
        if !scope.isEmpty { members.append(("scope", .string(scope))) }
        return Response(json: .object(Dictionary(uniqueKeysWithValues: members)))
    }
}

extension Response {
    /// Nothing of this service may be kept by caches (RFC 6749 §5.1).
    init(status: HTTPResponse.Status = .ok, json: TokenClaims.Value) {
        self.init(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: json.json ?? "null")))
    }
}
