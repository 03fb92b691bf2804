internal import FastVerify
internal import FastVerifyAccess
internal import FastVerifyHummingbird
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import TokenService

/// Pages for people: login, one's sessions, their end. Plain HTML that works without scripts, and allows none.
///
/// A form that succeeds is answered with 303, so that neither reload nor the way back sends it again. What another site sends is refused by its
/// origin, a login too, and all that a session decides needs the token of its own pages besides.
struct PageRoutes: Sendable {
    let issuer: TokenIssuer
    let ingress: Ingress
    let csrf: CSRFGuard
    let layout: PageLayout

    init(issuer: TokenIssuer, origin: WebOrigin, ingress: Ingress, csrf: CSRFGuard) {
        self.issuer = issuer
        self.ingress = ingress
        self.csrf = csrf
        layout = PageLayout(site: origin.description, prefix: ingress.pathPrefix)
    }

    /// What the page says after a redirect.
    enum Notice: String {
        case loggedIn = "logged-in"
        case loggedOut = "logged-out"
        case ended
        case othersEnded = "others-ended"
        case gone
    }

    func add(to router: Router<IssuerContext>) {
        router.get("/") { request, context in await answer(context) { try await home(request, context) } }
        router.get("style.css") { _, _ in PageStyle.response }
        router.post("login") { request, context in await answer(context) { try await login(request, context) } }
        router.post("logout") { request, context in await answer(context) { try await logout(request, context) } }
        router.post("sessions/:id/end") { request, context in
            await answer(context) { try await endSession(request, context) }
        }
        router.post("sessions/end-others") { request, context in
            await answer(context) { try await endOthers(request, context) }
        }
        // Whoever goes to the address of an error page.
        for path in ["login", "logout", "sessions/:id/end", "sessions/end-others"] {
            router.get(RouterPath(path)) { _, _ in redirect(nil) }
        }
    }

    private func answer(_ context: IssuerContext, _ body: () async throws -> Response) async -> Response {
        do {
            return try await body()
        } catch {
            let problem = problem(error, context)
            return layout.response(problem.status, layout.problemPage(problem), retryAfter: problem.retryAfter)
        }
    }

    private func problem(_ error: any Error, _ context: IssuerContext) -> PageProblem {
        switch error {
        case let problem as PageProblem: return problem
        case let refusal as IssuerRefusal:
            context.logger.info("Request refused", metadata: ["reason": "\(refusal.reason)"])
            return PageProblem(refusal)
        case let refusal as Refusal:
            context.logger.info("Request refused", metadata: ["reason": "\(refusal.reason)"])
            return PageProblem(refusal)
        default:
            context.logger.error("Request failed", metadata: ["error": "\(error)"])
            return .unavailable
        }
    }

    private func redirect(_ notice: Notice?) -> Response {
        let query = notice.map { "?notice=\($0.rawValue)" } ?? ""
        return Response(status: .seeOther, headers: layout.fields([.location: "\(ingress.pathPrefix)/\(query)"]))
    }

    // MARK: Pages

    private func home(_ request: Request, _ context: IssuerContext) async throws -> Response {
        let token = try PageCookie.token(of: request.head)
        let notice = request.uri.queryParameters["notice"].flatMap { Notice(rawValue: String($0)) }
        guard let token,
            let presence = try await issuer.presence(refreshToken: token, from: request.device(context, ingress))
        else {
            let page = layout.loginPage(LoginPage(notice: notice, hadSession: token != nil))
            var response = layout.response(.ok, page)
            if token != nil { response.headers.append(try PageCookie.deletion()) }
            return response
        }
        let page = SessionsPage(
            presence: presence, sessions: try await issuer.sessions(of: presence.user.id), notice: notice,
            formToken: csrf.tokens?.token(for: CSRFGuard.session(of: token)) ?? "")
        return layout.response(.ok, layout.sessionsPage(page))
    }

    // MARK: Forms

    private func login(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        // Else another site could log its visitors in under a name of its choice.
        try csrf.checkOrigin(of: request.head)
        let form = try await PageForm(&request, ["username", "password"])
        let (device, old) = (request.device(context, ingress), try PageCookie.token(of: request.head))
        let grant: TokenIssuer.Grant
        do {
            grant = try await issuer.login(name: form["username"], password: form["password"], from: device)
        } catch {
            let problem = problem(error, context)
            let page = LoginPage(problem: problem, name: form["username"])
            return layout.response(problem.status, layout.loginPage(page), retryAfter: problem.retryAfter)
        }
        // The browser forgets the session that it had.
        if let old { try await issuer.logout(refreshToken: old, from: device) }
        var response = redirect(.loggedIn)
        response.headers.append(try PageCookie.field(for: grant))
        return response
    }

    /// The cookie's token of a form that a page of this very session has sent; `nil` where the browser has no session.
    private func guardedToken(_ request: inout Request) async throws -> String? {
        try csrf.checkOrigin(of: request.head)
        let form = try await PageForm(&request, [PageLayout.tokenField])
        guard let token = try PageCookie.token(of: request.head) else { return nil }
        try csrf.checkForm(
            of: request.head, session: CSRFGuard.session(of: token), submitted: form[PageLayout.tokenField])
        return token
    }

    private func logout(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        guard let token = try await guardedToken(&request) else { return redirect(nil) }
        try await issuer.logout(refreshToken: token, from: request.device(context, ingress))
        var response = redirect(.loggedOut)
        response.headers.append(try PageCookie.deletion())
        return response
    }

    private func endSession(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        guard let (presence, device) = try await visitor(&request, context) else { return redirect(nil) }
        do {
            try await issuer.endSession(context.parameters.require("id"), of: presence.user.id, from: device)
            return redirect(.ended)
        } catch let refusal as IssuerRefusal where refusal.answer == .notFound {
            // Somebody was faster, or it is another user's, who is nobody's business.
            return redirect(.gone)
        }
    }

    private func endOthers(_ request: Request, _ context: IssuerContext) async throws -> Response {
        var request = request
        guard let (presence, device) = try await visitor(&request, context) else { return redirect(nil) }
        try await issuer.endOtherSessions(than: presence.session.id, of: presence.user.id, from: device)
        return redirect(.othersEnded)
    }

    private func visitor(_ request: inout Request, _ context: IssuerContext) async throws -> (Presence, Device)? {
        guard let token = try await guardedToken(&request) else { return nil }
        let device = request.device(context, ingress)
        return try await issuer.presence(refreshToken: token, from: device).map { ($0, device) }
    }
}
