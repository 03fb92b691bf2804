internal import FastVerifyAccess
internal import FastVerifyHummingbird
internal import HTTPTypes
internal import Hummingbird
internal import TokenService

/// What `fastverify issuer` does at the command line, by HTTP: users, sessions, clients, keys, revocations, the audit log.
///
/// For access tokens of this issuer, for itself (`aud`), with the scope `issuer:admin`, which a client that is registered for it gets by `client_credentials`.
/// The audit log names that client.
struct AdminRoutes: Sendable {
    let issuer: TokenIssuer
    let ingress: Ingress

    func add(to router: Router<IssuerContext>) {
        let policy = AccessPolicy(
            ProtectionSpace(realm: "token service"), rule: .scopes(TokenIssuer.administration), ingress: ingress)
        let group = router.group("api/admin")
            .add(middleware: BearerAuthenticator(OwnTokens(issuer: issuer), policy))
            .add(middleware: AdministratorNaming(ingress: ingress))
        AdminUserRoutes(issuer: issuer).add(to: group.group("users"))
        AdminSessionRoutes(issuer: issuer).add(to: group.group("users/:id/sessions"))
        AdminClientRoutes(issuer: issuer).add(to: group.group("clients"))
        AdminKeyRoutes(issuer: issuer).add(to: group)
        AdminAuditRoutes(issuer: issuer).add(to: group.group("audit"))
    }
}

/// Notes who calls, and from where, for the audit log: a client that acts for itself is the subject of its token.
private struct AdministratorNaming: RouterMiddleware {
    let ingress: Ingress

    func handle(
        _ request: Request, context: IssuerContext, next: (Request, IssuerContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let identity = try context.requireIdentity()
        context.administrator = (identity.subject ?? identity.clientID).map {
            AuditActor($0, from: ingress.clientAddress(of: request.head, from: context.peer))
        }
        return try await next(request, context)
    }
}

extension IssuerContext {
    /// Whom the audit log names for what this request does.
    var actor: AuditActor {
        get throws(AuthProblem) {
            guard let administrator else { throw .forbidden }
            return administrator
        }
    }
}

extension RouterGroup<IssuerContext> {
    typealias Handler = @Sendable (Request, IssuerContext) async throws -> Response

    /// A handler whose errors become problem details.
    func answer(_ method: HTTPRequest.Method, _ path: RouterPath = "", _ handler: @escaping Handler) {
        on(path, method: method) { request, context in await context.answer { try await handler(request, context) } }
    }
}
