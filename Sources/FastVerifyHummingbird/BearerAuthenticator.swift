public import FastVerify
public import FastVerifyAccess
public import HTTPTypes
public import Hummingbird
public import Logging
public import Metrics

/// Lets requests pass whose access token is good, and tells handlers who calls.
///
///     let router = Router(context: AccessContext.self)
///     router.add(middleware: BearerAuthenticator(VerifierPool(verifier), realm: "orders"))
///     router.get("orders") { request, context in try await orders(of: context.requireIdentity().subject) }
///     router.require(.scopes("orders:write")).post("orders") { request, context in … }
///
/// Applies to what is added to the router after it, and to paths that lead nowhere: whoever has no token learns nothing about
/// routes. `CORSMiddleware` goes before it, as browsers ask for permission without a token. All bad tokens get the same
/// answer. A handler may throw a `Refusal`, too, and gets it answered here.
///
/// A request that is sent slowly is bounded by the server: `.http1(configuration: .init(idleTimeout: .seconds(30)))`.
public struct BearerAuthenticator<Context: AccessRequestContext, Verification: TokenVerification>: RouterMiddleware {
    private let verification: Verification
    private let protection: Protection
    /// Checks what shows that the sender holds the key of the token, and returns the keys shown; by default none. Proofs
    /// (RFC 9449) and certificates (RFC 8705) come in here.
    private let shownKeys: (@Sendable (HTTPRequest, Credential) async throws(Refusal) -> KeyConfirmation)?

    /// - Parameters:
    ///   - verification: a `VerifierPool` for many callers, a `Verifier`, a `RemoteVerifier`.
    ///   - clock: for rules about the age of a login.
    ///   - logLevel: of the lines that say why a request was refused; they never hold a token.
    ///   - metrics: counts `fastverify_requests_total` by `outcome` and `reason`.
    public init(
        _ verification: Verification, _ policy: AccessPolicy, clock: UnixClock = .system,
        logLevel: Logger.Level = .debug, metrics: any MetricsFactory = MetricsSystem.factory,
        shownKeys: (@Sendable (HTTPRequest, Credential) async throws(Refusal) -> KeyConfirmation)? = nil
    ) {
        self.verification = verification
        protection = Protection(policy, clock, AccessRecorder(metrics), logLevel)
        self.shownKeys = shownKeys
    }

    /// The usual case: every request needs a token in `Authorization`, and routes say what else.
    public init(_ verification: Verification, realm: String, names: ClaimNames = ClaimNames()) {
        self.init(verification, AccessPolicy(ProtectionSpace(realm: realm), names: names))
    }

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var (request, context) = (request, context)
        context.access = RequestAccess()
        context.access.protection = protection
        do throws(Refusal) {
            try await authenticate(&request, &context)
        } catch {
            return protection.response(to: error, context.access.scheme, context.logger)
        }
        do {
            var response = try await next(request, context)
            // RFC 6750 §2.3, and the same holds for what a cookie or a form brought: no shared cache may keep it.
            if let source = context.access.source, source != .authorization, !response.headers.contains(.cacheControl) {
                response.headers[.cacheControl] = "private"
            }
            protection.recorder.accepted(anonymously: context.access.token == nil)
            return response
        } catch let refusal as Refusal {
            return protection.response(to: refusal, context.access.scheme, context.logger)
        } catch {
            protection.recorder.accepted(anonymously: context.access.token == nil)
            throw error
        }
    }

    private func authenticate(_ request: inout Request, _ context: inout Context) async throws(Refusal) {
        let policy = protection.policy
        let form = policy.sources.readsForm(of: request.head) ? try await form(&request) : nil
        guard let credential = try policy.credential(of: request.head, form: form) else { return }
        context.access.scheme = credential.scheme
        let token = try await verification.verifiedToken(credential.token)
        let shown = try await shownKeys?(request.head, credential) ?? KeyConfirmation()
        try policy.check(
            token.claims,
            AccessRequest(
                request.head, pathParameters: context.parameters(of: policy.rule), now: protection.clock.now,
                scheme: credential.scheme, shownKeys: shown))
        context.access.identity = try Context.Identity(claims: token.claims, names: policy.names)
        context.access.token = token
        context.access.source = credential.source
    }

    /// The body, which handlers still find in the request.
    private func form(_ request: inout Request) async throws(Refusal) -> [UInt8] {
        do {
            return try await Array(request.collectBody(upTo: protection.policy.sources.formBytes).readableBytesView)
        } catch {
            throw Refusal(.invalidRequest, "form_unreadable")
        }
    }
}

extension RequestContext {
    /// Those parameters of the path that a rule looks at.
    func parameters(of rule: AccessRule) -> [String: String] {
        var found: [String: String] = [:]
        for name in rule.pathParameters { found[name] = parameters.get(name) }
        return found
    }
}
