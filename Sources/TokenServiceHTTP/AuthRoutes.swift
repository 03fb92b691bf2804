internal import FastVerify
internal import FastVerifyAccess
internal import FastVerifyHummingbird
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import TokenService

/// Login, refresh, logout and sessions, for applications of this site's own.
///
/// A refresh token goes into the body or, where a login asks for `"mode": "cookie"`, into a cookie that scripts cannot read; then every request
/// that the cookie decides is guarded against other sites.
struct AuthRoutes: Sendable {
    let issuer: TokenIssuer
    let ingress: Ingress
    let cookies: RefreshCookies

    func add(to router: Router<IssuerContext>) {
        let group = router.group("api/auth")
        group.post("login") { request, context in await context.answer { try await login(request, context) } }
        group.post("refresh") { request, context in await context.answer { try await refresh(request, context) } }
        group.post("logout") { request, context in await context.answer { try await logout(request, context) } }

        let guarded = group.group("sessions").add(
            middleware: BearerAuthenticator(
                OwnTokens(issuer: issuer, mustBeForIssuer: false),
                AccessPolicy(ProtectionSpace(realm: "token service"), ingress: ingress)))
        guarded.get { _, context in await context.answer { try await sessions(context) } }
        guarded.delete(":id") { _, context in await context.answer { try await endSession(context) } }
    }

    // MARK: Tokens

    private struct LoginRequest: Decodable {
        enum Mode: String, Decodable { case body, cookie }

        var username: String
        var password: String
        var scope: String?
        var mode: Mode?
        /// A fingerprint of the client's own making, the same at every refresh.
        var device: String?
    }

    private struct RefreshRequest: Decodable {
        var refreshToken: String?
        var scope: String?
        var device: String?
    }

    private func login(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        let body = try await JSONBody.read(LoginRequest.self, of: &request)
        let usesCookie = body.mode == .cookie
        // Else another site could log its visitors in under a name of its choice.
        if usesCookie { try cookies.csrf.checkOrigin(of: request.head) }
        let grant = try await issuer.login(
            name: body.username, password: body.password, scopes: body.scope?.words ?? [],
            from: request.device(context, ingress, fingerprint: body.device))
        return try answer(to: grant, usesCookie)
    }

    private func refresh(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        let body = try await JSONBody.readIfAny(RefreshRequest.self, of: &request) ?? RefreshRequest()
        let cookie = try cookies.token(of: request.head)
        // Which of two would count, nobody could tell.
        guard (body.refreshToken == nil) != (cookie == nil), let token = body.refreshToken ?? cookie else {
            throw AuthProblem.badRequest
        }
        let grant = try await issuer.refresh(
            token, scopes: body.scope?.words ?? [], from: request.device(context, ingress, fingerprint: body.device))
        return try answer(to: grant, cookie != nil)
    }

    private func logout(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        let body = try await JSONBody.readIfAny(RefreshRequest.self, of: &request) ?? RefreshRequest()
        let cookie = try cookies.token(of: request.head)
        guard let token = body.refreshToken ?? cookie else { throw AuthProblem.badRequest }
        try await issuer.logout(refreshToken: token, from: request.device(context, ingress, fingerprint: body.device))
        return Response(status: .noContent, headers: try cookies.deletions())
    }

    private func answer(to grant: TokenIssuer.Grant, _ usesCookie: Bool) throws -> Response {
        var members: [String: TokenClaims.Value] = [
            "accessToken": .string(grant.accessToken.text), "tokenType": "Bearer",
            "expiresIn": .integer(grant.expiresIn),
            "sessionId": .string(grant.sessionID), "scope": .string(grant.scopes.joined(separator: " ")),
        ]
        if !usesCookie { members["refreshToken"] = .string(grant.refreshToken) }
        var response = Response(json: .object(members))
        if usesCookie { response.headers += try cookies.fields(for: grant) }
        return response
    }

    // MARK: Sessions

    private func sessions(_ context: IssuerContext) async throws -> Response {
        let identity = try context.requireIdentity()
        let sessions = try await issuer.sessions(of: identity.subject ?? "")
        let current = context.access.token?.claims["sid"]?.string
        return Response(
            json: [
                "sessions": .array(
                    sessions.map { session in
                        .object(session.members.merging(["current": .boolean(session.id == current)]) { $1 })
                    })
            ])
    }

    private func endSession(_ context: IssuerContext) async throws -> Response {
        let identity = try context.requireIdentity()
        try await issuer.endSession(context.parameters.require("id"), of: identity.subject ?? "")
        return Response(status: .noContent)
    }
}

extension String {
    fileprivate var words: [String] { split(separator: " ").map(String.init) }
}
