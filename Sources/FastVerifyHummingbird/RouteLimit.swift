internal import FastVerify
public import FastVerifyAccess
internal import HTTPTypes
public import Hummingbird
internal import Logging

/// Limits how often a caller may use some routes: by what the token says, or by address for an anonymous request. Stands behind a
/// `BearerAuthenticator`, whose policy's limits have been taken from already; answers carry the fields of both.
public struct RouteLimit<Context: AccessRequestContext>: RouterMiddleware {
    private let limiter: RateLimiter
    private let cost: Int

    public init(_ limiter: RateLimiter, cost: Int = 1) {
        self.limiter = limiter
        self.cost = cost
    }

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let protection = context.access.protection else {
            context.logger.error("A RouteLimit stands before no BearerAuthenticator, and refuses everything.")
            throw HTTPError(.internalServerError)
        }
        let decision =
            if let token = context.access.token {
                limiter.take(token.claims, cost: cost)
            } else {
                limiter.take(named: protection.address(of: request.head, context.access), cost: cost)
            }
        do {
            try decision.check()
            return try await next(request, context).adding(decision.fields)
        } catch let refusal as Refusal {
            throw LimitedRefusal(refusal: refusal, fields: decision.fields)
        } catch let limited as LimitedRefusal {
            throw LimitedRefusal(refusal: limited.refusal, fields: limited.fields + decision.fields)
        } catch let error as any HTTPResponseError {
            return try error.response(from: request, context: context).adding(decision.fields)
        }
    }
}

/// A refusal on its way to the authenticator, which answers it, with fields for the answer.
struct LimitedRefusal: Error {
    let refusal: Refusal
    let fields: HTTPFields
}
