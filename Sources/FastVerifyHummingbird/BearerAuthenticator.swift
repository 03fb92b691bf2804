public import FastVerify
public import FastVerifyAccess
internal import HTTPTypes
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
/// **Order.** A request's credential is taken out and, from a cookie, guarded against forgery; the token is verified; its sender
/// is held against what it is bound to; limits are taken from; rules are asked; the handler runs. What each needs is in the
/// `AccessPolicy`. Nonces for the next proof and what is left of a limit go into every answer from there on. Scripts of other
/// origins can read those if `CORSMiddleware` exposes them: `DPoP-Nonce`, `RateLimit`.
///
/// A request that is sent slowly is bounded by the server: `.http1(configuration: .init(idleTimeout: .seconds(30)))`.
public struct BearerAuthenticator<Context: AccessRequestContext, Verification: TokenVerification>: RouterMiddleware {
    private let verification: Verification
    private let protection: Protection

    /// - Parameters:
    ///   - verification: a `VerifierPool` for many callers, a `Verifier`, a `RemoteVerifier`.
    ///   - clock: for rules about the age of a login.
    ///   - logLevel: of the lines that say why a request was refused; they never hold a token.
    ///   - metrics: counts `fastverify_requests_total` by `outcome` and `reason`.
    public init(
        _ verification: Verification, _ policy: AccessPolicy, clock: UnixClock = .system,
        logLevel: Logger.Level = .debug, metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.verification = verification
        protection = Protection(policy, clock, AccessRecorder(metrics), logLevel)
    }

    /// The usual case: every request needs a token in `Authorization`, and routes say what else.
    public init(_ verification: Verification, realm: String, names: ClaimNames = ClaimNames()) {
        self.init(verification, AccessPolicy(ProtectionSpace(realm: realm), names: names))
    }

    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var (request, context) = (request, context)
        context.access = RequestAccess(of: context.access.channel, under: protection)
        do throws(Refusal) {
            try await admit(&request, &context)
        } catch {
            return protection.response(to: error, context.access, context.logger).adding(context.access.fields)
        }
        do {
            var response = try await next(request, context)
            // RFC 6750 §2.3, and the same holds for what a cookie or a form brought: no shared cache may keep it.
            if let source = context.access.source, source != .authorization, !response.headers.contains(.cacheControl) {
                response.headers[.cacheControl] = "private"
            }
            protection.recorder.accepted(anonymously: context.access.token == nil)
            return response.adding(context.access.fields)
        } catch let refusal as Refusal {
            return protection.response(to: refusal, context.access, context.logger).adding(context.access.fields)
        } catch let limited as LimitedRefusal {
            return protection.response(to: limited.refusal, context.access, context.logger)
                .adding(limited.fields + context.access.fields)
        } catch {
            protection.recorder.accepted(anonymously: context.access.token == nil)
            // An error that is an answer gets the fields of one.
            guard let answer = error as? any HTTPResponseError, !context.access.fields.isEmpty else { throw error }
            return try answer.response(from: request, context: context).adding(context.access.fields)
        }
    }

    /// Counts, around `identify`, the requests that say nobody's name or nothing good. What they have used up is asked before a
    /// token is looked at: whoever tries tokens learns no more about them, and costs no signature.
    private func admit(_ request: inout Request, _ context: inout Context) async throws(Refusal) {
        guard let strangers = protection.policy.strangers else { return try await identify(&request, &context) }
        let address = protection.address(of: request.head, context.access)
        let left = strangers.look(named: address)
        if !left.isAllowed { context.access.limit = left }
        try left.check("address_rate_limited")
        do throws(Refusal) {
            try await identify(&request, &context)
        } catch {
            if !context.access.isConfirmed, error.isOwnFault { context.access.limit = strangers.take(named: address) }
            throw error
        }
        guard !context.access.isConfirmed else { return }
        let decision = strangers.take(named: address)
        context.access.limit = decision
        try decision.check("address_rate_limited")
    }

    private func identify(_ request: inout Request, _ context: inout Context) async throws(Refusal) {
        let policy = protection.policy
        let form = policy.sources.readsForm(of: request.head) ? try await form(&request) : nil
        // Also where the credential is refused before it is read.
        context.access.scheme = policy.sources.scheme(of: request.head)
        guard let credential = try policy.credential(of: request.head, form: form) else { return }
        context.access.scheme = credential.scheme
        let token = try await verification.verifiedToken(credential.token)
        let peer =
            policy.looksAtConnection(token.claims)
            ? await ConnectionPeer.inspecting(context.access.channel) : ConnectionPeer()
        let sender = try policy.confirm(token.claims, credential, request.head, from: peer)
        context.access.isConfirmed = true
        context.access.nextNonce = sender.nextNonce
        let limit = policy.limits?.take(token.claims)
        context.access.limit = limit
        try limit?.check()
        try policy.check(
            token.claims,
            AccessRequest(
                request.head, pathParameters: context.parameters(of: policy.rule), now: protection.clock.now,
                scheme: credential.scheme, shownKeys: sender.shownKeys))
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

extension Refusal {
    /// Whether the request itself is why it was refused: not the server's load, nor a nonce that every client has to fetch.
    fileprivate var isOwnFault: Bool {
        switch answer {
        case .unavailable, .nonceRequired, .tooManyRequests: false
        default: true
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
