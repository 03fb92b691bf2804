public import FastVerifyAccess
internal import FastVerifyHummingbird
internal import HTTPTypes
public import Hummingbird
internal import NIOCore
public import TokenService

/// The endpoints of the token service, for a Hummingbird application.
///
///     let endpoints = try IssuerEndpoints(issuer, origin: WebOrigin("https://id.example")!)
///     let application = Application(router: endpoints.router, services: [IssuerMaintenance(issuer)])
public struct IssuerEndpoints: Sendable {
    private let issuer: TokenIssuer
    private let ingress: Ingress
    private let csrf: CSRFGuard
    private let pages: PageRoutes?

    /// - Parameters:
    ///   - origin: of this site's pages, which may use cookies.
    ///   - ingress: whose word counts about who a client is.
    ///   - hasPages: whether people can log in at `/`, see their sessions and end them.
    public init(
        _ issuer: TokenIssuer, origin: WebOrigin, otherOrigins: Set<WebOrigin> = [], ingress: Ingress = Ingress(),
        hasPages: Bool = true
    ) throws {
        self.issuer = issuer
        self.ingress = ingress
        csrf = CSRFGuard(
            origins: otherOrigins.union([origin]), tokens: try CSRFTokens(secret: issuer.derivedSecret("csrf")))
        pages = hasPages ? PageRoutes(issuer: issuer, origin: origin, ingress: ingress, csrf: csrf) : nil
    }

    public var router: Router<IssuerContext> {
        let router = routes
        router.refuseOtherMethods()
        return router
    }

    /// What there is; all else is refused.
    var routes: Router<IssuerContext> {
        let router = Router(context: IssuerContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: SecurityFields())
        DiscoveryRoutes(issuer: issuer, keySetAge: max(1, issuer.rules.rotation.announcement / 4)).add(to: router)
        OAuthRoutes(issuer: issuer, ingress: ingress).add(to: router)
        AuthRoutes(issuer: issuer, ingress: ingress, cookies: RefreshCookies(csrf: csrf)).add(to: router)
        RevocationRoutes(issuer: issuer, ingress: ingress).add(to: router)
        StatusListRoutes(issuer: issuer).add(to: router)
        OpenAPIRoute().add(to: router)
        AdminRoutes(issuer: issuer, ingress: ingress).add(to: router)
        pages?.add(to: router)
        router.get("health") { _, _ in HTTPResponse.Status.noContent }
        router.get("ready") { _, _ in
            do {
                try await issuer.checkReadiness()
                return HTTPResponse.Status.noContent
            } catch {
                return HTTPResponse.Status.serviceUnavailable
            }
        }
        return router
    }
}

/// What every answer says to browsers: take nothing for what it is not, and show it in no frame.
private struct SecurityFields: RouterMiddleware {
    func handle(
        _ request: Request, context: IssuerContext, next: (Request, IssuerContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            response = AuthProblem.notFound.response
        } catch let error as any HTTPResponseError {
            response = try error.response(from: request, context: context)
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        // Pages have their own.
        for (name, value) in Self.unlessGiven where response.headers[name] == nil { response.headers[name] = value }
        return response
    }

    private static let unlessGiven: [(HTTPField.Name, String)] = [
        (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"),
        (HTTPField.Name("Referrer-Policy")!, "no-referrer"),
    ]
}
