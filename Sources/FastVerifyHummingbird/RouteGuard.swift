internal import FastVerify
public import FastVerifyAccess
public import Hummingbird
internal import Logging

/// Lets requests pass whose token satisfies a rule. Stands behind a `BearerAuthenticator`, which answers for it.
public struct RouteGuard<Context: AccessRequestContext>: RouterMiddleware {
    private let rule: AccessRule

    public init(_ rule: AccessRule) { self.rule = rule }

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let protection = context.access.protection else {
            context.logger.error("A RouteGuard stands before no BearerAuthenticator, and refuses everything.")
            throw HTTPError(.internalServerError)
        }
        guard let token = context.access.token else { throw Refusal(.noCredentials, "anonymous") }
        try rule.check(
            token,
            AccessRequest(request.head, pathParameters: context.parameters(of: rule), now: protection.clock.now),
            names: protection.policy.names)
        return try await next(request, context)
    }
}

extension RouterMethods where Context: AccessRequestContext {
    /// A group of routes that have a limit of their own, for requests that count `cost` times.
    ///
    ///     router.require(.scopes("reports")).limit(reports, cost: 10).get("report") { … }
    public func limit(_ limiter: RateLimiter, cost: Int = 1) -> RouterGroup<Context> {
        group().add(middleware: RouteLimit(limiter, cost: cost))
    }

    /// A group of routes whose requests must satisfy a rule.
    ///
    ///     router.require(.scopes("orders:read")).get("orders") { … }
    ///     router.group("tenants/:tenant").require(.tenant(.pathParameter("tenant"))).get { … }
    public func require(_ rule: AccessRule) -> RouterGroup<Context> { group().add(middleware: RouteGuard(rule)) }
}
